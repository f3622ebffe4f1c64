// Asks the API. The key lies in this tab's session storage and travels in a header: never in an address, where
// histories, logs and bookmarks would keep it.

const KEY = 'reckon.key'
/** How long an answer may take: a little longer than the API itself has. */
const PATIENCE = 35_000
const ATTEMPTS = 3

let listener = () => {}
/** Where storage is forbidden the key lives as long as the page. */
let own = null

const storage = () => {
  try {
    return sessionStorage
  } catch {
    return null
  }
}

const key = () => storage()?.getItem(KEY) ?? own
export const hasKey = () => Boolean(key())
export const keepKey = secret => {
  own = secret
  try {
    storage()?.setItem(KEY, secret)
  } catch {}
}

/** Calls `heard` with the reason whenever the key is dropped. */
export const onSignOut = heard => {
  listener = heard
}
export const signOut = reason => {
  own = null
  const kept = storage()
  for (const name of Object.keys(kept ?? {})) if (name.startsWith('reckon.')) kept.removeItem(name)
  answers.clear()
  listener(reason)
}

/** What went wrong, as a sentence that says what to do; `again` where trying again may help. */
export class Failure extends Error {
  constructor(message, { again = false, kind = '' } = {}) {
    super(message)
    this.again = again
    this.kind = kind
  }
}

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms)
  signal?.addEventListener('abort', () => {
    clearTimeout(timer)
    reject(signal.reason)
  }, { once: true })
})

const failure = async response => {
  const told = await response.json().catch(() => ({}))
  const detail = typeof told.detail == 'string' ? told.detail : ''
  const { status } = response
  if (status == 401) return new Failure(detail || 'The key is not known. It may have been revoked.', { kind: 'key' })
  if (status == 403) return new Failure(`${detail || 'This key may not read reports.'} Sign in with a read key.`, { kind: 'key' })
  if (status == 429) return new Failure('The API is asked too often just now. Wait a few seconds, then try again.', { again: true })
  if (status == 503 || status == 502 || status == 504) {
    return new Failure('The API is busy and did not answer in time. Nothing is lost; try again.', { again: true })
  }
  if (status >= 500) {
    const instance = told.instance ? ` Tell the operator this number: ${told.instance}.` : ''
    return new Failure(`The API made a mistake.${instance}`, { again: true })
  }
  return new Failure(detail || `The API answered ${status}.`, { kind: 'question' })
}

/** Ends when `signal` does, or when patience does: `AbortSignal.any` is younger than the browsers that we serve. */
const patient = signal => {
  const either = new AbortController()
  const end = () => either.abort()
  signal.addEventListener('abort', end, { once: true })
  setTimeout(end, PATIENCE)
  return either.signal
}

const once = async (address, signal) => {
  let response
  try {
    response = await fetch(address, {
      headers: { authorization: `Bearer ${key()}`, accept: 'application/json' }, signal: patient(signal),
      credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-cache'
    })
  } catch (error) {
    if (signal.aborted) throw error
    throw new Failure(navigator.onLine === false
      ? 'You are offline. The figures come back with the line.'
      : `${location.host} does not answer. Check that it runs and that you are online, then try again.`,
    { again: true, kind: 'offline' })
  }
  if (response.ok) {
    try {
      return await response.json()
    } catch (error) {
      if (signal.aborted) throw error
      throw new Failure('The answer broke off. Try again.', { again: true })
    }
  }
  const wrong = await failure(response)
  wrong.after = response.status == 503 || response.status == 429 ? Number(response.headers.get('retry-after')) || 1 : 0
  throw wrong
}

/** What was answered of late, by address, so that nothing is asked twice and going back is instant. */
const answers = new Map()
const LATE = 300_000
const MOST_ANSWERS = 60
const keep = (address, answer) => {
  answers.delete(address)
  answers.set(address, { answer, at: Date.now() })
  if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value)
}
export const forget = () => answers.clear()

/** The answer to an address; one that is busy is asked three times. */
export const get = async (address, signal) => {
  const known = answers.get(address)
  if (known && Date.now() - known.at < LATE) return known.answer
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await once(address, signal)
      keep(address, answer)
      return answer
    } catch (error) {
      // An answer that nobody waits for any more says nothing of the key.
      if (signal.aborted) throw error
      if (error.kind == 'key') signOut(error.message)
      if (!error.after || attempt == ATTEMPTS) throw error
      await pause(Math.min(error.after, 10) * 1_000, signal)
    }
  }
}

/** The address of a report with those parameters; of a list each member. */
export const address = (path, parameters) => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null) query.append(name, each)
  }
  return query.size || String(query) ? `${path}?${query}` : path
}
