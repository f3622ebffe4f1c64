// Each test is a promise of the script, kept by a real browser and checked in the reports.

import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import {
  API, FOREIGN, SHOP, end, events, network, newSite, newVisitor, page, pages, queued, settled, sleep, stored, until
} from './support.mjs'

let site, visitor, tab

beforeEach(async () => {
  Object.assign(network, { fault: null, sent: [], answered: 0 })
  site = await newSite()
  pages.clear()
  pages.set('*', page(site.publish))
  visitor = await newVisitor()
  tab = await visitor.newPage()
})
afterEach(() => visitor.close())
after(end)

/** The call of a page, as a page makes it. */
const reckon = (where, ...words) => where.evaluate(words => window.reckon(...words), words)
/** Waits until the script has taken the stub's place. */
const ready = where => where.waitForFunction(() => window.reckon?.runs)
const open = async (path = '/', where = tab, origin = SHOP) => {
  await where.goto(origin + path)
  await ready(where)
}
const hide = (what, value) => visitor.addInitScript(([what, value]) => {
  Object.defineProperty(Navigator.prototype, what, { get: () => value })
}, [what, value])
const warnings = where => {
  const lines = []
  where.on('console', line => line.type() == 'warning' && lines.push(line.text()))
  return lines
}

test('a view arrives once, with its campaign', async () => {
  const hosts = new Set()
  tab.on('request', request => hosts.add(new URL(request.url()).origin))
  await open('/landing?utm_source=letter&utm_medium=email&utm_campaign=spring')
  await settled(tab)
  const metrics = await site.figures()
  assert.equal(metrics.views, 1)
  assert.equal(metrics.invalid, 0)
  const { rows } = await site.report('channels')
  assert.equal(rows.find(row => row.channel == 'email').metrics.views, 1)
  const campaigns = await site.report('breakdown?by=campaign')
  assert.equal(campaigns.rows.find(row => row.campaign == 'spring').metrics.views, 1)

  const [view] = events()
  assert.match(view.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  const inside = parseInt(view.id.replace('-', '').slice(0, 12), 16)
  assert.equal(new Date(inside).toISOString(), view.occurred_at)
  assert.ok(Math.abs(inside - Date.now()) < 60_000)
  assert.deepEqual(network.sent.map(({ method, type }) => [method, type]), [['POST', 'text/plain;charset=UTF-8']])
  assert.deepEqual(await visitor.cookies(), [])
  assert.deepEqual([...hosts].sort(), [API, SHOP].sort())
})

test('a visitor is the same on every page and another in another browser', async () => {
  await open('/one')
  await settled(tab)
  await open('/two')
  await settled(tab)
  const other = await newVisitor()
  const theirs = await other.newPage()
  await open('/three', theirs)
  await settled(theirs)
  await other.close()
  const [one, two, three] = events().map(event => event.visitor)
  assert.match(one, /^[0-9a-f]{32}$/)
  assert.equal(one, two)
  assert.notEqual(one, three)
})

test('pages that replace each other without loading are views, each from the one before', async () => {
  await open('/one')
  await tab.evaluate(() => {
    history.replaceState({}, '', '/one?filter=red')
    history.pushState({}, '', '/two')
    history.pushState({}, '', '/two#below')
    history.replaceState({}, '', '/three')
  })
  await tab.goBack()
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.views, metrics.visits], [4, 1])
  const told = events().map(({ url, referrer }) => [url, referrer].map(address => address.replace(SHOP, '')))
  assert.deepEqual(told.sort(), [
    ['/one', ''], ['/two', '/one?filter=red'], ['/three', '/two#below'], ['/two', '/three']
  ].sort())
})

test('a sale arrives with its order, also when it is called before the script is there', async () => {
  pages.set('/thanks', page(site.publish, { call: `reckon('sale', { value: '49.90', order: 'A-1001', currency: 'EUR' })` }))
  await open('/thanks')
  await reckon(tab, 'sale', { value: 10.05, order: 'A-1002', props: { plan: 'pro' }, name: 'checkout' })
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.gross_revenue, metrics.views], [2, 59.95, 1])
  assert.deepEqual(events().filter(({ kind }) => kind == 'sale').map(({ order }) => order), ['A-1001', 'A-1002'])
})

test('a customer who is named once stands in every later event', async () => {
  pages.set('/account', page(site.publish, { call: `reckon('identify', 'c-12')` }))
  await open('/account')
  await settled(tab)
  await open('/next')
  await reckon(tab, 'lead', { customer: 'c-13' })
  await settled(tab)
  await reckon(tab, 'identify', null)
  await reckon(tab, 'lead')
  await settled(tab)
  assert.deepEqual(events().map(({ customer }) => customer), ['c-12', 'c-12', 'c-13', undefined])
})

test('a link to another host is a click, and one within the site is none', async () => {
  pages.set('/links', page(site.publish, {
    body: `<a id=in href="/inside">in</a> <a id=out href="${API}/v1/metadata?a=b"><b>out</b></a> <a id=mail href="mailto:a@b.example">m</a>`
  }))
  await open('/links')
  await settled(tab)
  await tab.evaluate(() => addEventListener('click', event => event.preventDefault()))
  for (const link of ['#in', '#out b', '#mail']) await tab.click(link)
  await tab.click('#out', { button: 'right' })
  await settled(tab)
  assert.equal((await site.figures()).clicks, 1)
  const { rows } = await site.report('breakdown?by=name')
  assert.equal(rows.find(({ name }) => name == `${new URL(API).host}/v1/metadata`).metrics.clicks, 1)
})

test('forms and buttons say by an attribute what they are', async () => {
  pages.set('/form', page(site.publish, {
    body: `<form data-reckon="lead" data-reckon-name="contact" action="/empty"><input id=field name=q><button id=send>Send</button></form>
      <button id=play data-reckon="engagement" data-reckon-name="video"><i>Play</i></button>
      <button id=plan data-reckon="subscription" data-reckon-value="9.90" data-reckon-order="S-1">Subscribe</button>`
  }))
  await open('/form')
  await tab.click('#field')
  await tab.click('#play i')
  await tab.click('#plan')
  await tab.click('#send')
  await tab.waitForURL('**/empty**')
  await settled()
  const metrics = await site.figures()
  assert.deepEqual([metrics.leads, metrics.engagements, metrics.subscriptions, metrics.gross_revenue], [1, 1, 1, 9.9])
  const { rows } = await site.report('breakdown?by=name')
  assert.equal(rows.find(({ name }) => name == 'contact').metrics.leads, 1)
  assert.equal(rows.find(({ name }) => name == 'video').metrics.engagements, 1)
})

test('leaving the page sends what is left', async () => {
  await open()
  await settled(tab)
  await tab.evaluate(() => {
    window.reckon('lead')
    location.href = '/empty'
  })
  await tab.waitForURL('**/empty')
  await until(() => events().some(({ kind }) => kind == 'lead'), 'the beacon', 5_000)
  await settled()
  // A beacon asks for no answer, which the browser calls no-cors.
  assert.deepEqual(network.sent.map(({ mode }) => mode), ['cors', 'no-cors'])
  assert.equal((await site.figures()).leads, 1)
  // Nobody heard the answer, so the next page sends it again, and it still counts once.
  await open('/next')
  await settled(tab)
  assert.equal(events().filter(({ kind }) => kind == 'lead').length, 2)
  assert.deepEqual([(await site.figures()).leads, await queued(tab)], [1, []])
})

test('what happens offline is sent soon after the line is back, and once', async () => {
  await open()
  await settled(tab)
  let failed = 0
  tab.on('requestfailed', () => { failed += 1 })
  await visitor.setOffline(true)
  await reckon(tab, 'sale', { value: 5 })
  await until(() => failed >= 4, 'the script to try again and again')
  assert.equal((await queued(tab)).length, 1)
  // The next attempt would come in four seconds at the earliest.
  await visitor.setOffline(false)
  await until(async () => (await queued(tab)).length == 0, 'the sale to be sent', 2_500)
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, events().length], [1, 2])
})

test('what a page could not send survives a reload, and counts once', async () => {
  await open()
  await settled(tab)
  network.fault = 'down'
  await reckon(tab, 'sale', { value: 5 })
  await until(() => events().some(({ kind }) => kind == 'sale'), 'the first attempt')
  await tab.reload()
  await ready(tab)
  await until(() => queued(tab).then(names => names.length == 2), 'the view of the reload')
  network.fault = null
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views], [1, 2])
  const ids = new Set(events().filter(({ kind }) => kind == 'sale').map(({ id }) => id))
  assert.equal(ids.size, 1)
})

test('an answer that was lost is asked for again, and the event counts once', async () => {
  network.fault = 'lost'
  // The page calls it itself, so that view and sale travel together however slow the machine is.
  pages.set('*', page(site.publish, { call: `reckon('sale', { value: 5, order: 'A-1' })` }))
  await open()
  await until(() => network.sent.length == 1, 'the first attempt')
  network.fault = null
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.gross_revenue, metrics.views], [1, 5, 1])
  const [first, second] = network.sent
  assert.deepEqual(first.events, second.events)
})

test('a refusal that the API did not write is none', async () => {
  for (const fault of ['portal', 'gateway']) {
    network.fault = fault
    const before = network.sent.length
    if (fault == 'portal') await open('/landing')
    await until(() => network.sent.length > before, 'an attempt')
    await until(async () => (await queued(tab)).length == 1, 'the event to stay')
  }
  network.fault = null
  await settled(tab)
  assert.equal((await site.figures()).views, 1)
})

test('an API that is busy is given the time that it asks for', async () => {
  network.fault = 'busy'
  await open()
  await until(() => network.sent.length == 1, 'the first attempt')
  network.fault = null
  await settled(tab)
  assert.ok(network.sent[1].at - network.sent[0].at >= 2_900)
  assert.equal((await site.figures()).views, 1)
})

test('until there is consent nothing is stored or sent, and a refusal removes everything', async () => {
  pages.set('*', page(site.publish, { more: 'data-consent="wait"', call: `reckon('lead')` }))
  await open('/landing?rk_click=c-1')
  await reckon(tab, 'identify', 'c-12')
  await reckon(tab, 'sale', { value: 5 })
  await tab.evaluate(() => history.replaceState({}, '', '/landing'))
  await sleep(1_000)
  assert.deepEqual([await stored(tab), network.sent], [[], []])

  network.fault = 'swallow'
  const before = Date.now()
  await reckon(tab, 'consent', true)
  await settled(tab)
  assert.deepEqual(events().map(({ kind }) => kind).sort(), ['lead', 'sale', 'view'])
  assert.ok(events().every(({ click }) => click == 'c-1'))
  assert.ok(events().every(({ occurred_at }) => Date.parse(occurred_at) < before), 'they keep their time')
  assert.equal(new Set(events().map(({ visitor }) => visitor)).size, 1)
  assert.deepEqual((await stored(tab)).sort(), ['reckon.click', 'reckon.customer', 'reckon.visitor'])

  network.fault = 'down'
  await reckon(tab, 'sale', { value: 6 })
  await until(() => events().some(({ value }) => value == 6), 'the attempt')
  await reckon(tab, 'consent', false)
  await reckon(tab, 'sale', { value: 7 })
  // The browser itself may repeat a request whose connection broke off, at once.
  await sleep(200)
  network.fault = null
  const { length } = network.sent
  await sleep(2_000)
  assert.deepEqual([await stored(tab), network.sent.length], [[], length])

  assert.ok(!events().some(({ value }) => value == 7))
})

test('a refusal while the answer is awaited sends nothing, then or later', async () => {
  pages.set('*', page(site.publish, { more: 'data-consent="wait"' }))
  await open()
  await reckon(tab, 'sale', { value: 5 })
  await reckon(tab, 'consent', false)
  await reckon(tab, 'consent', true)
  await reckon(tab, 'lead')
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views, metrics.leads], [0, 0, 1])
})

for (const [name, what, value] of [['Do Not Track', 'doNotTrack', '1'], ['Global Privacy Control', 'globalPrivacyControl', true]]) {
  test(`${name} is honoured: nothing is sent, and nothing stays stored`, async () => {
    await open()
    await settled(tab)
    assert.equal((await stored(tab)).length, 1)
    await hide(what, value)
    await open('/next')
    await reckon(tab, 'consent', true)
    await reckon(tab, 'sale', { value: 5 })
    await sleep(1_000)
    assert.deepEqual([await stored(tab), network.sent.length], [[], 1])
  })
}

test('a page of a foreign origin is refused, and the console says so', async () => {
  const lines = warnings(tab)
  await open('/', tab, FOREIGN)
  await until(() => lines.length, 'a warning')
  assert.match(lines[0], /^reckon: 403 .*Pages of http:\/\/localhost:\d+ may not use this key/)
  await settled(tab)
  assert.deepEqual([network.sent.length, await queued(tab)], [1, []])
  assert.equal((await site.figures()).views, 0)
})

test('an event that is refused is told of, and holds up no other', async () => {
  const lines = warnings(tab)
  await open()
  await reckon(tab, 'refund', { value: 5 })
  await reckon(tab, 'sale', { value: 5 })
  await tab.evaluate(() => {
    const ring = {}
    window.reckon('sale', { props: ring.ring = ring })
  })
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views, metrics.refunds], [1, 1, 0])
  assert.equal(lines.length, 2)
  assert.match(lines.find(line => line.includes('202')), /needs_write_key/)
  assert.match(lines.find(line => !line.includes('202')), /circular/)
})

test('without storage everything works that needs no memory beyond the page', async () => {
  await visitor.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })
  })
  network.fault = 'lost'
  await open()
  await reckon(tab, 'sale', { value: 5 })
  await until(() => network.sent.length == 1, 'the first attempt')
  network.fault = null
  await until(() => network.sent.length == 2, 'the second')
  await settled()
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views], [1, 1])
  assert.equal(new Set(events().map(({ visitor }) => visitor)).size, 1)
})

test('a storage that is full loses nothing', async () => {
  await tab.goto(`${SHOP}/empty`)
  await tab.evaluate(() => {
    for (let size = 1 << 22; size; size = size >> 1) {
      try {
        for (let number = 0; ; number++) localStorage[`full-${size}-${number}`] = 'x'.repeat(size)
      } catch {}
    }
  })
  await open()
  await reckon(tab, 'sale', { value: 5 })
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views], [1, 1])
})

test('two tabs lose nothing, and the one that stays sends what the other left', async () => {
  const other = await visitor.newPage()
  await Promise.all([open('/one'), open('/two', other)])
  await settled(tab)
  network.fault = 'down'
  const sell = where => where.evaluate(async () => {
    for (let number = 0; number < 30; number++) {
      window.reckon('sale', { value: 1 })
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  })
  await Promise.all([sell(tab), sell(other)])
  await until(async () => (await queued(tab)).length == 60, 'all to be stored')
  await other.close()
  network.fault = null
  await settled(tab)
  const metrics = await site.figures()
  assert.deepEqual([metrics.sales, metrics.views], [60, 2])
})

test('at most fifty events travel together, and two hundred wait', async () => {
  const lines = warnings(tab)
  await open()
  await settled(tab)
  network.fault = 'down'
  await tab.evaluate(() => {
    for (let number = 0; number < 230; number++) window.reckon('sale', { value: 1, order: `A-${number}` })
  })
  assert.equal((await queued(tab)).length, 200)
  network.fault = null
  await settled(tab)
  assert.equal((await site.figures()).sales, 200)
  assert.ok(network.sent.every(({ events }) => events.length <= 50))
  assert.match(lines.at(-1), /given up so far: 30$/)
  const orders = new Set(events().map(({ order }) => order))
  assert.ok(orders.has('A-229') && !orders.has('A-0'), 'the oldest are given up')
})

test('events too large to travel together travel apart', async () => {
  await open()
  await settled(tab)
  await tab.evaluate(() => {
    const props = Object.fromEntries(Array.from({ length: 20 }, (_, number) => [`p${number}`, '語'.repeat(120)]))
    for (let number = 0; number < 30; number++) window.reckon('sale', { value: 1, props })
    location.href = '/empty'
  })
  await tab.waitForURL('**/empty')
  // A browser takes no beacon of more than 64 KB.
  await until(() => network.sent.some(({ mode }) => mode == 'no-cors'), 'a beacon', 5_000)
  await open('/next')
  await settled(tab)
  assert.equal((await site.figures()).sales, 30)
})

test('the click of a tracking link stands in every event of ninety days', async () => {
  network.fault = 'swallow'
  await open('/landing?rk_click=0123456789abcdef-x.Y_1')
  await settled(tab)
  await open('/next')
  await settled(tab)
  await tab.evaluate(() => {
    localStorage['reckon.click'] = localStorage['reckon.click'].replace(/^\d+/, since => since - 91 * 864e5)
  })
  await open('/later')
  await settled(tab)
  await open('/landing?rk_click=%3Cscript%3E')
  await settled(tab)
  const click = '0123456789abcdef-x.Y_1'
  assert.deepEqual(events().map(event => event.click), [click, click, undefined, undefined])
})

test('a sale after the click on a tracking link stands once in channel, campaign, partner and attribution', async () => {
  const { path } = await site.manage('POST', '/v1/links', {
    destination: `${SHOP}/landing`, campaign: 'spring', partner: 'ada', offer: 'ten'
  })
  await tab.goto(API + path)
  await ready(tab)
  assert.match(tab.url(), /\/landing\?utm_source=ada&utm_medium=affiliate&utm_campaign=spring&rk_click=/)
  await settled(tab)
  pages.set('/thanks', page(site.publish, { call: `reckon('sale', { value: '49.90', order: 'A-1001' })` }))
  // As somebody does who goes on within the site.
  await tab.evaluate(() => location.assign('/thanks'))
  await tab.waitForURL('**/thanks')
  await ready(tab)
  await settled(tab)
  // The shop's server and the partner's report the same order.
  const { click } = events().find(({ kind }) => kind == 'sale')
  await site.manage('POST', '/v1/events', { kind: 'sale', value: '49.90', order: 'A-1001', id: 'of-the-server' })
  const again = await site.manage('GET', `/v1/postback?click=${click}&order=A-1001&value=49.90`)
  assert.equal(again.repeated, true)

  const metrics = await site.figures()
  assert.deepEqual([metrics.clicks, metrics.sales, metrics.gross_revenue, metrics.invalid], [1, 1, 49.9, 0])
  const { rows: channels } = await site.report('channels')
  const affiliate = channels.find(row => row.channel == 'affiliate').metrics
  assert.deepEqual([affiliate.clicks, affiliate.visits, affiliate.sales, affiliate.revenue], [1, 1, 1, 49.9])
  const { rows: campaigns } = await site.report('breakdown?by=campaign')
  assert.equal(campaigns.find(row => row.campaign == 'spring').metrics.sales, 1)
  const { rows: partners } = await site.report('breakdown?by=partner,offer')
  assert.equal(partners.find(row => row.partner == 'ada' && row.offer == 'ten').metrics.sales, 1)
  for (const by of ['channel', 'campaign', 'partner']) {
    const { rows } = await site.report(`attribution?by=${by}&models=first,last,linear,position,time_decay,shapley`)
    const [credited] = rows.filter(row => row.credit.last.revenue > 0)
    assert.equal(credited[by], { channel: 'affiliate', campaign: 'spring', partner: 'ada' }[by])
    for (const credit of Object.values(credited.credit)) {
      assert.deepEqual([credit.conversions, credit.revenue], [1, 49.9])
    }
  }
  const { conversions } = await site.manage('GET', '/v1/conversions?kind=sale')
  assert.equal(conversions.length, 1)
  const told = await site.manage('GET', `/v1/conversions/${conversions[0].id}/explain`)
  assert.deepEqual(told.path.map(({ contact, partner }) => [contact, partner]), [['click', 'ada']])
})

test('a page that has the script twice counts once', async () => {
  pages.set('/twice', page(site.publish) + page(site.publish))
  await open('/twice')
  await tab.waitForLoadState()
  await settled(tab)
  assert.equal((await site.figures()).views, 1)
})

test('a page that is drawn in advance is viewed when it is shown', async () => {
  await visitor.addInitScript(() => {
    window.hidden = true
    Object.defineProperty(Document.prototype, 'prerendering', { get: () => window.hidden })
  })
  await open()
  await sleep(1_000)
  assert.deepEqual(events(), [])
  await tab.evaluate(() => {
    window.hidden = false
    document.dispatchEvent(new Event('prerenderingchange'))
  })
  await settled(tab)
  assert.equal((await site.figures()).views, 1)
})

test('a page can hold the script to its hash', async () => {
  const { headers } = await fetch(`${API}/v1/reckon.js`)
  const pinned = hash => page(site.publish, { more: `crossorigin integrity="${hash}"` })
  pages.set('/pinned', pinned(headers.get('reckon-integrity')))
  pages.set('/wrong', pinned(`sha384-${'A'.repeat(64)}`))
  await open('/pinned')
  await settled(tab)
  await tab.goto(`${SHOP}/wrong`)
  await sleep(1_000)
  assert.equal((await site.figures()).views, 1)
})
