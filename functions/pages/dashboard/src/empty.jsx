// Nothing counted: what to do next.

const CURL = `curl ${location.origin}/v1/events \\
  -H 'Authorization: Bearer rk_write_...' \\
  -d '{"kind": "sale", "value": "49.90", "utm": {"source": "google", "medium": "cpc"}}'`

export const Empty = ({ change, view }) => (
  <section class="empty panel" aria-labelledby="empty-title">
    <h2 id="empty-title">No events in these days</h2>
    <p>Nothing was counted in this period. If the events are older, choose a longer one. If there are none yet, send the first; it is here seconds later, after a refresh:</p>
    <pre tabIndex="0"><code>{CURL}</code></pre>
    <p>
      {view.period != 'year' && <button type="button" onClick={() => change({ period: 'year', interval: '' })}>Look at the last 12 months</button>}
      {' '}History from elsewhere comes in with <code>reckon import</code>; choose its days under “Custom …”.
    </p>
  </section>
)
