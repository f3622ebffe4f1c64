// The channels side by side: ranked by the metric, with bars, shares and changes.

import { Change, Figure, Missing, Reasons, Value } from './figure.jsx'
import { label, NONE, percent } from './format.js'
import { picked } from './picked.js'

const COLUMNS = ['conversions', 'revenue', 'spend', 'roas']

export const Channels = ({ channels, view, vocabulary, currency, compare, filter, served, filters }) => {
  const { metric } = view
  const { data, loading } = channels
  const unit = vocabulary.unit
  const value = row => row.metrics[metric]
  const rows = [...data?.rows ?? []].sort((left, right) =>
    (value(right) ?? -Infinity) - (value(left) ?? -Infinity) || left.rank - right.rank)
  const most = Math.max(0, ...rows.map(row => Math.abs(value(row) ?? 0)))
  const columns = COLUMNS.filter(each => each != metric)
  const adds = rows[0] && metric in rows[0].share
  // A share of less than nothing would say that who lost least brought most.
  const isNegative = adds && data.total.metrics[metric] < 0
  const share = row => isNegative ? null : row.share[metric]
  return (
    <section class="panel channels" aria-labelledby="channels-title" aria-busy={loading}>
      <header><h2 id="channels-title">Channels by {label(metric)}</h2></header>
      {!served
        ? <p class="placeholder">Channels are not kept together with the filter {filters.map(label).join(', ')}. Remove it to see them.</p>
        : !data
          ? <Missing answer={channels} />
          : (
            <>
              {channels.error && <Missing answer={channels} />}
              <div class={`scroll ${loading ? 'waiting' : ''}`} tabIndex="0" role="region" aria-label="Table of channels">
                <table>
                  <caption class="hidden">Channels ranked by {label(metric)}, highest first. A channel’s button limits everything to it.</caption>
                  <thead>
                    <tr>
                      <th scope="col">Channel</th>
                      <th scope="col" class="number" aria-sort="descending">{label(metric)}</th>
                      {adds && <th scope="col" class="number">Share</th>}
                      {compare != 'none' && <th scope="col" class="number">Change</th>}
                      {columns.map(each => <th key={each} scope="col" class="number">{label(each)}</th>)}
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map(row => (
                      <tr key={row.channel} data-row={row.channel} onClick={picked(() => filter('channel', row.channel))}>
                        <th scope="row">
                          <button type="button" class="pick"><Value dimension="channel" value={row.channel} /></button>
                          <span class="bar" aria-hidden="true"><i style={{ '--part': most ? Math.abs(value(row) ?? 0) / most : 0 }} class={value(row) < 0 ? 'below' : ''} /></span>
                        </th>
                        <td class="number"><Figure of={row} metric={metric} unit={unit(metric)} currency={currency} /></td>
                        {adds && <td class="number share">{share(row) === null ? NONE : <data value={share(row)}>{percent(share(row))}</data>}</td>}
                        {compare != 'none' && <td class="number"><Change of={row.change} metric={metric} unit={unit(metric)} currency={currency} /></td>}
                        {columns.map(each => <td key={each} class="number"><Figure of={row} metric={each} unit={unit(each)} currency={currency} /></td>)}
                      </tr>
                    ))}
                  </tbody>
                  <tfoot>
                    <tr>
                      <th scope="row">Total</th>
                      <td class="number"><Figure of={data.total} metric={metric} unit={unit(metric)} currency={currency} /></td>
                      {adds && <td />}
                      {compare != 'none' && <td />}
                      {columns.map(each => <td key={each} class="number"><Figure of={data.total} metric={each} unit={unit(each)} currency={currency} /></td>)}
                    </tr>
                  </tfoot>
                </table>
              </div>
              <Reasons rows={[...rows, data.total]} metrics={[metric, ...columns]} changeOf={compare != 'none' && metric}
                more={isNegative ? [['Share', 'less than nothing to share']] : []} />
            </>
          )}
    </section>
  )
}
