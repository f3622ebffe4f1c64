// Rows by any dimension, sorted by the API, more of them until there are no more.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

import { address, get } from './api.js'
import { Change, Figure, Missing, Reasons, Value } from './figure.jsx'
import { label } from './format.js'
import { picked } from './picked.js'
import { useNarrow } from './use-narrow.js'

const COLUMNS = ['visits', 'clicks', 'conversions', 'cvr', 'revenue', 'spend', 'roas', 'cpa']
const PAGE = 100

export const Breakdown = ({ breakdown, question, sort, view, change, vocabulary, currency, compare, filter, filters }) => {
  const { by } = view
  const { data, loading, of } = breakdown
  const more = useMore(data, of, question)
  const metric = sort.replace('-', '')
  const table = useRef()
  useFocusOnLast(table, more)
  // Where few columns are seen, what the rows are sorted by is among them.
  const columns = useNarrow()
    ? [metric, ...COLUMNS.filter(column => column != metric)]
    : COLUMNS.includes(metric) ? COLUMNS : [...COLUMNS, metric]
  const served = vocabulary.dimensions.filter(each => vocabulary.serves([...filters, each]))
  const rows = [...data?.rows ?? [], ...more.rows]
  // What stands there may still be the answer to the question before.
  const shownBy = data?.by[0] ?? by
  const turn = column => change({ sort: sort == `-${column}` ? column : `-${column}` })
  const direction = column => column != metric ? undefined : sort.startsWith('-') ? 'descending' : 'ascending'
  return (
    <section class="panel breakdown" aria-labelledby="breakdown-title" aria-busy={loading}>
      <header>
        <h2 id="breakdown-title">Breakdown by {label(by).toLowerCase()}</h2>
        <div class="pickers">
          <label>
            <span>By</span>
            <select value={by} onChange={event => change({ by: event.target.value })}>
              {(served.includes(by) ? served : [by, ...served]).map(each => <option key={each} value={each}>{label(each)}</option>)}
            </select>
          </label>
        </div>
      </header>
      {!vocabulary.serves([...filters, by])
        ? <p class="placeholder">{label(by)} is not kept together with the filter {filters.map(label).join(', ')}. Choose another dimension, or remove the filter.</p>
        : !data
          ? <Missing answer={breakdown} />
          : (
            <>
              {breakdown.error && <Missing answer={breakdown} />}
              <div ref={table} class={`scroll ${loading ? 'waiting' : ''}`} tabIndex="0" role="region" aria-label={`Table by ${label(shownBy)}`}>
                <table>
                  <caption class="hidden">Figures by {label(shownBy)}. Buttons in the header sort; a row’s button limits everything to it.</caption>
                  <thead>
                    <tr>
                      <th scope="col">{label(shownBy)}</th>
                      {columns.map(column => (
                        <th key={column} scope="col" class="number" aria-sort={direction(column)}>
                          <button type="button" class="sort" onClick={() => turn(column)}>
                            <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true" class={direction(column) ?? 'unsorted'}><path d="M4 7L.6 1h6.8z" /></svg>{label(column)}
                          </button>
                        </th>
                      ))}
                      {compare != 'none' && <th scope="col" class="number">{label(metric)} change</th>}
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map(row => (
                      <tr key={row[shownBy]} data-row={row[shownBy]} onClick={picked(() => filter(shownBy, row[shownBy]))}>
                        <th scope="row"><button type="button" class="pick" dir="auto" title={row[shownBy]}><Value dimension={shownBy} value={row[shownBy]} /></button></th>
                        {columns.map(column => <td key={column} class="number"><Figure of={row} metric={column} unit={vocabulary.unit(column)} currency={currency} /></td>)}
                        {compare != 'none' && <td class="number"><Change of={row.change} metric={metric} unit={vocabulary.unit(metric)} currency={currency} /></td>}
                      </tr>
                    ))}
                    {!rows.length && <tr><td colSpan={columns.length + 2} class="nothing">Nothing in these days.</td></tr>}
                  </tbody>
                  <tfoot>
                    <tr>
                      <th scope="row">Total</th>
                      {columns.map(column => <td key={column} class="number"><Figure of={data.total} metric={column} unit={vocabulary.unit(column)} currency={currency} /></td>)}
                      {compare != 'none' && <td />}
                    </tr>
                  </tfoot>
                </table>
              </div>
              <Reasons rows={[...rows, data.total]} metrics={columns} changeOf={compare != 'none' && metric} />
              <footer>
                <p class="note" role="status">
                  {more.next ? `The first ${rows.length} rows.` : rows.length == 1 ? 'One row, which is all.' : `All ${rows.length} rows.`}
                  {data.folded_rows > 0 && ` ${data.folded_rows} small rows are folded into (other); the total has them.`}
                </p>
                {more.next && <button type="button" onClick={more.load} aria-disabled={more.loading}>{more.loading ? 'Loading …' : 'Load more'}</button>}
                {more.error && <p class="error" role="alert">{more.error.message}</p>}
              </footer>
            </>
          )}
    </section>
  )
}

/** Once the last page is there its button is not, so the focus goes on to the first of the new rows. */
const useFocusOnLast = (table, { last }) => useLayoutEffect(() => {
  if (last) [...table.current.querySelectorAll('tbody .pick')].at(-last).focus()
}, [last])

/** The pages behind the first one, of the same question. */
const useMore = (data, of, question) => {
  const none = { rows: [], next: data?.next ?? null, loading: false, error: null }
  const [pages, setPages] = useState({ of: null })
  const current = pages.data === data && pages.data ? pages : { ...none, data }
  const controller = useRef()
  useEffect(() => () => controller.current?.abort(), [of])
  const load = async () => {
    if (current.loading) return
    controller.current = new AbortController()
    const { signal } = controller.current
    setPages({ ...current, loading: true, error: null })
    try {
      const page = await get(address('/v1/reports/breakdown', { ...question, limit: PAGE, cursor: current.next }), signal)
      setPages({ ...current, data, rows: [...current.rows, ...page.rows], next: page.next, last: !page.next && page.rows.length, loading: false, error: null })
    } catch (error) {
      if (!signal.aborted) setPages({ ...current, data, loading: false, error })
    }
  }
  return { ...current, load }
}
