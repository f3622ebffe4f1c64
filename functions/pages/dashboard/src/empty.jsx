// Nothing counted: what to do next.

import { useEffect } from 'preact/hooks'

import { forget, get } from './api.js'

const CURL = `curl ${location.origin}/v1/events \\
  -H 'Authorization: Bearer rk_write_...' \\
  -d '{"kind": "sale", "value": "49.90", "utm": {"source": "google", "medium": "cpc"}}'`

const EVERY = 5_000
const MOST_LOOKS = 12

/** Whether a summary has nothing, and nothing in the period before. */
export const isNothing = ({ metrics, previous }) =>
  ![metrics, previous?.metrics ?? {}].flatMap(Object.values).some(Boolean)

/** Looks for a minute whether the first event has come, with one call each time. */
const useArrival = (address, again) => useEffect(() => {
  const controller = new AbortController()
  let looks = 0
  const timer = setInterval(async () => {
    looks += 1
    if (looks == MOST_LOOKS) clearInterval(timer)
    forget()
    const summary = await get(address, controller.signal).catch(() => null)
    if (summary && !isNothing(summary)) again()
  }, EVERY)
  return () => {
    clearInterval(timer)
    controller.abort()
  }
}, [address])

export const Empty = ({ change, view, address, again }) => {
  useArrival(address, again)
  return (
    <section class="empty panel" aria-labelledby="empty-title">
      <h2 id="empty-title">No events in these days</h2>
      <p>Nothing was counted in this period. If the events are older, choose a longer one. If there are none yet, send the first; it is here seconds later:</p>
      <pre tabIndex="0"><code>{CURL}</code></pre>
      <p>
        {view.period != 'year' && <button type="button" onClick={() => change({ period: 'year', interval: '' })}>Look at the last 12 months</button>}
        {' '}History from elsewhere comes in with <code>reckon import</code>; choose its days under “Custom …”.
      </p>
    </section>
  )
}

/** Days of which nothing can be known yet. */
export const Future = ({ change }) => (
  <section class="empty panel" aria-labelledby="empty-title">
    <h2 id="empty-title">These days have not begun</h2>
    <p>There is nothing to count in them yet.</p>
    <p><button type="button" onClick={() => change({ period: '30d', interval: '' })}>Look at the last 30 days</button></p>
  </section>
)
