// Reckon in a page: counts views, sales and whatever else happens there, and loses none of it on the way.
//
//   <script async src="https://API/v1/reckon.js" data-key="rk_publish_..."></script>
//   <script>window.reckon = window.reckon || function () { (reckon.q = reckon.q || []).push(arguments) }</script>
//   <script>reckon('sale', { value: '49.90', order: 'A-1001' })</script>
//
// What always holds:
// - An event gets its id, time and address when it happens, once. Whatever is sent again has the same id, and the
//   server counts an id once; so everything here may send too often, and nothing may forget what was not answered.
// - Each event lies in storage under a key of its own until the server has answered for it. Nobody writes a list, so
//   two tabs cannot overwrite each other's, and whichever page of the site is opened next sends what is left.
// - No cookie, no third party. Without permission nothing is stored, read or sent.
// `build` makes reckon.min.js of this file.

{
  const script = document.currentScript
  const API = new URL('events?key=' + script.dataset.key, script.src).href

  // Names in localStorage. Everything of ours begins alike, so that a refusal can remove it all.
  const OURS = 'reckon.'
  const EVENT = OURS + 'event.'
  const VISITOR = OURS + 'visitor'
  const CUSTOMER = OURS + 'customer'
  const CLICK = OURS + 'click'

  // The parameter that a tracking link leaves in the landing page's address, and the event's field for it.
  const CLICK_PARAMETER = 'rk_click'
  const CLICK_FIELD = 'click'
  const CLICK_LASTS = 90 * 864e5

  // How long events gather, in milliseconds, and how many a request has.
  const GATHER = 250
  const MOST_SENT = 50
  // A request that outlives its page may have 64 KB, and a UTF-16 unit of a text is up to three bytes.
  const LARGEST = 2e4
  const MOST_KEPT = 200
  // The server reads addresses up to 8,192 bytes.
  const LONGEST_URL = 8e3
  // How long a beacon, which has no answer, is believed to be on its way.
  const BEACON_FLIES = 1e4

  // Where things are kept: localStorage, once it is allowed and as long as it works, else the page's memory.
  let store = {}
  // Whether we may: undefined until the visitor has answered.
  let allowed
  // What was asked for before the answer.
  let waiting = []
  // Keys of events that are being sent right now.
  const flying = new Set()
  let timer, tries = 0, lost = 0
  // What brought the visitor here, if a tracking link did; the address may change before there is consent.
  const click = new URLSearchParams(location.search).get(CLICK_PARAMETER)
  // The page's path, and the address before it.
  let path, referrer = document.referrer, here

  const warn = (...words) => console.warn('reckon:', ...words)

  const keep = (name, value) => {
    try {
      store[name] = value
    } catch {
      // Full, or switched off: what is there is carried on in memory.
      store = { ...store }
      store[name] = value
    }
    return value
  }

  const forget = () => {
    store = {}
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(OURS)) delete localStorage[name]
    } catch {}
  }

  const hex = bytes =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), byte => (byte + 256).toString(16).slice(1)).join('')

  // A UUID of version 7: it sorts by time, and the server can read the time in it.
  const uuid = now =>
    (now.toString(16).padStart(12, 0) + '7' + hex(2).slice(1) + '8' + hex(8).slice(1))
      .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

  // Does something now or when it is allowed; never, where it is refused.
  const whenAllowed = action => {
    if (allowed) action()
    else if (allowed == null && waiting.push(action) > MOST_KEPT) giveUp(waiting.shift())
  }

  const giveUp = () => warn('too much is waiting; given up so far:', ++lost)

  const queued = () => Object.keys(store).filter(name => name.startsWith(EVENT)).sort()

  const record = (kind, fields) => {
    const now = Date.now()
    const id = uuid(now)
    const event = {
      id, kind, occurred_at: new Date(now).toISOString(), url: location.href.slice(0, LONGEST_URL), referrer,
      // A copy as it is now, and the moment to notice what cannot be sent.
      ...JSON.parse(JSON.stringify(fields || {}))
    }
    whenAllowed(() => {
      const names = queued()
      if (names.length >= MOST_KEPT) giveUp(delete store[names[0]])
      const [since, kept] = (store[CLICK] || '').split(' ')
      keep(EVENT + id, JSON.stringify({
        visitor: store[VISITOR] || keep(VISITOR, hex(16)),
        customer: store[CUSTOMER],
        [CLICK_FIELD]: now - since < CLICK_LASTS ? kept : undefined,
        ...event
      }))
      schedule(GATHER)
    })
  }

  const schedule = delay => { timer ||= setTimeout(send, delay) }

  // The oldest events that are not on their way, as many as fit a request.
  const take = () => {
    let size = 0
    const names = allowed ? queued().filter(name => !flying.has(name)).slice(0, MOST_SENT) : []
    // One that is too large by itself goes alone.
    const taken = names.filter((name, index) => (size += store[name].length) < LARGEST || !index)
    taken.forEach(name => flying.add(name))
    return taken
  }

  const bodyOf = names => '{"events":[' + names.map(name => store[name]) + ']}'

  const release = (names, delay) => {
    names.forEach(name => flying.delete(name))
    schedule(delay)
  }

  const send = async () => {
    timer = 0
    const names = take()
    if (!names[0]) return
    const body = bodyOf(names)
    let pause = 0, retryAfter
    try {
      // A text, so that the browser need not ask beforehand whether it may.
      const response = await fetch(API, {
        method: 'POST', body, keepalive: body.length < LARGEST + 1e3, signal: AbortSignal.timeout?.(3e4)
      })
      const { ok, status, headers } = response
      retryAfter = headers.get('retry-after')
      if (status > 499 || status == 429) throw 0
      const answer = await response.text()
      // What Reckon did not write, such as a hotel's page for guests, is no answer, whatever its status.
      const { rejected, code } = JSON.parse(answer)
      if (!rejected && !code) throw 0
      if (!ok || rejected[0]) warn(status, answer)
      // What was refused would be refused again.
      names.forEach(name => delete store[name])
      tries = 0
    } catch {
      pause = Math.max(Math.min(2 ** tries++ * 1e3, 6e4) * (1 + Math.random()) / 2, retryAfter * 1e3 || 0)
    }
    release(names, pause)
  }

  // The page may be gone in a moment. Nobody hears the answer, so what is sent here stays until it is answered for.
  const leave = () => {
    const names = take()
    if (names[0]) {
      navigator.sendBeacon?.(API, bodyOf(names))
      setTimeout(release, BEACON_FLIES, names, 0)
    }
  }

  const view = () => {
    // A page that is drawn in advance has not been seen yet.
    if (document.prerendering) return
    // The address changes when a page of the site replaces another without loading.
    if (path != location.pathname) {
      if (here) referrer = here
      path = location.pathname
      record('view')
    }
    here = location.href
  }

  // data-reckon="lead" names the kind, data-reckon-name and the like its fields.
  const recordMarked = ({ dataset }) => {
    const fields = {}
    for (const name in dataset) if (/^reckon./.test(name)) fields[name.slice(6).toLowerCase()] = dataset[name]
    record(dataset.reckon, fields)
  }

  const clicked = event => {
    // The right button opens a menu.
    const find = selector => event.button < 2 && event.target.closest?.(selector)
    const marked = find('[data-reckon]:not(form)')
    const link = find('a[href]')
    if (marked) recordMarked(marked)
    else if (link && /^http/.test(link.protocol) && link.host != location.host) {
      record('click', { name: (link.host + link.pathname).slice(0, 128) })
    }
  }

  const commands = {
    consent(answer) {
      if (answer && !allowed) {
        try {
          store = localStorage || store
        } catch {}
        if (/^[\w.-]{1,128}$/.test(click || '')) keep(CLICK, Date.now() + ' ' + click)
        allowed = true
        waiting.forEach(action => action())
      }
      if (!answer) forget(allowed = false)
      waiting = []
    },
    identify(customer) {
      whenAllowed(() => customer ? keep(CUSTOMER, '' + customer) : delete store[CUSTOMER])
    }
  }

  const reckon = (kind, fields) => {
    // Whatever is wrong with a call, the page goes on.
    try {
      (commands[kind] || (fields => record(kind, fields)))(fields)
    } catch (error) {
      warn(error)
    }
  }

  const former = window.reckon
  if (!former?.runs) {
    window.reckon = reckon
    reckon.runs = true
    if (navigator.doNotTrack == 1 || navigator.globalPrivacyControl) {
      forget(allowed = false)
      commands.consent = forget
    } else {
      if (script.dataset.consent != 'wait') commands.consent(true)
      former?.q?.forEach(call => reckon(...call))

      view()
      document.addEventListener('prerenderingchange', view)
      for (const name of ['pushState', 'replaceState']) {
        const change = history[name]
        history[name] = function () {
          change.apply(this, arguments)
          view()
        }
      }
      addEventListener('popstate', view)

      addEventListener('click', clicked, true)
      addEventListener('auxclick', clicked, true)
      addEventListener('submit', event => event.target.dataset.reckon && recordMarked(event.target), true)

      addEventListener('pagehide', leave)
      document.addEventListener('visibilitychange', () => document.hidden && leave())
      addEventListener('online', () => {
        // Several tabs hear of it at once, and the first to send leaves the others nothing to do.
        clearTimeout(timer)
        timer = tries = 0
        schedule(Math.random() * 1e3)
      })
    }
  }
}
