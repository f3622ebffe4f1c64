// The figures that matter most, each with its change and its course; a click charts it.

import { complete } from './chart.jsx'
import { Change, Figure, Sparkline } from './figure.jsx'
import { label } from './format.js'

export const TILES = ['revenue', 'conversions', 'visits', 'clicks', 'spend', 'roas', 'cpa', 'cvr']

export const Tiles = ({ summary, series, view, change, vocabulary, currency, compare }) => {
  const { data } = summary
  const rows = series.data ? complete(series.data) : []
  return (
    <section aria-labelledby="tiles-title" aria-busy={summary.loading}>
      <h2 id="tiles-title" class="hidden">Key figures</h2>
      <ul class={`tiles ${summary.loading ? 'waiting' : ''}`}>
        {TILES.map(metric => {
          const known = vocabulary.metrics.get(metric)
          const unit = vocabulary.unit(metric)
          return (
            <li key={metric}>
              <button type="button" class="tile" data-metric={metric} aria-pressed={view.metric == metric} title={known && `${known.meaning}: ${known.formula}`} onClick={() => change({ metric })}>
                <span class="name">{label(metric)}</span>
                <span class="value">{data ? <Figure of={data} metric={metric} unit={unit} currency={currency} /> : ' '}</span>
                <span class="row">
                  {compare != 'none' && data?.change && <Change of={data.change} metric={metric} unit={unit} currency={currency} />}
                  {compare != 'none' && data?.previous && <span class="before">from <Figure of={data.previous} metric={metric} unit={unit} currency={currency} /></span>}
                </span>
                <Sparkline values={rows.map(row => row.metrics[metric])} />
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
