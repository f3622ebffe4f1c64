// The figures that matter most, each with its change and its course; a click charts it.

import { complete } from './chart.jsx'
import { Change, Figure, Missing, reasonOf, Sparkline } from './figure.jsx'
import { label, shortFigure } from './format.js'

export const TILES = ['revenue', 'conversions', 'visits', 'clicks', 'spend', 'roas', 'cpa', 'cvr']

export const Tiles = ({ summary, series, view, change, vocabulary, currency, compare }) => {
  const { data } = summary
  const rows = series.data ? complete(series.data) : []
  return (
    <section aria-labelledby="tiles-title" aria-busy={summary.loading}>
      <h2 id="tiles-title" class="hidden">Key figures</h2>
      {summary.error && <Missing answer={summary} />}
      <ul class={`tiles ${summary.loading ? 'waiting' : ''}`}>
        {TILES.map(metric => {
          const known = vocabulary.metrics.get(metric)
          const unit = vocabulary.unit(metric)
          const length = data && !reasonOf(data, metric) ? shortFigure(data.metrics[metric], metric, unit, currency).length : 1
          return (
            <li key={metric}>
              <button type="button" class="tile" data-metric={metric} aria-pressed={view.metric == metric} title={known && `${known.meaning}: ${known.formula}`} onClick={() => change({ metric })}>
                <span class="name">{label(metric)}</span>
                <span class="value" style={{ '--length': length }}>{data ? <Figure of={data} metric={metric} unit={unit} currency={currency} short /> : ' '}</span>
                {data ? <Second data={data} metric={metric} unit={unit} currency={currency} compare={compare} /> : <span class="row" />}
                <Sparkline values={rows.map(row => row.metrics[metric])} />
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** Below a figure: how it changed, or why it is undefined. */
const Second = ({ data, metric, unit, currency, compare }) => {
  const { change, previous } = data
  const compared = compare != 'none' && change && previous
  const [now, before] = [reasonOf(data, metric), compared && reasonOf(previous, metric)]
  return (
    <span class="row">
      {now && <span class="why" aria-hidden="true">{now}</span>}
      {compared && !now && !before && <Change of={change} metric={metric} unit={unit} currency={currency} />}
      {compared && !(now && before) && <span class="before">from <Figure of={previous} metric={metric} unit={unit} currency={currency} short /></span>}
      {before && !now && <span class="why" aria-hidden="true">({before})</span>}
    </span>
  )
}
