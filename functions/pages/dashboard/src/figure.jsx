// A figure, a change, a name, and a small line.

import { line } from 'd3-shape'

import { changed, figure, label, NONE, shortFigure, valueText, verdict } from './format.js'

/** Why a figure is undefined; nothing where it is not. */
export const reasonOf = (of, metric) => typeof of?.metrics[metric] == 'number' ? '' : of?.undefined?.[metric] ?? 'not known'

/** A figure; where it is undefined a dash, with the reason for whoever points at it or listens. */
export const Figure = ({ of, metric, unit, currency, short }) => {
  const reason = reasonOf(of, metric)
  if (reason) return <span class="none" title={`${label(metric)} is undefined: ${reason}`}>{NONE}<span class="hidden"> undefined: {reason}</span></span>
  const value = of.metrics[metric]
  const full = figure(value, metric, unit, currency)
  const text = short ? shortFigure(value, metric, unit, currency) : full
  if (text == full) return <data value={value}>{text}</data>
  return <data value={value} title={full}><span aria-hidden="true">{text}</span><span class="hidden">{full}</span></data>
}

const UNCOMPARED = 'undefined in one of the two periods'
/** How a metric changed: its direction in words and signs, and never by colour alone. */
export const Change = ({ of, metric, unit, currency }) => {
  const change = of?.[metric]
  if (typeof change?.delta != 'number') {
    return <span class="change none" title={UNCOMPARED}>{NONE}<span class="hidden"> no comparison</span></span>
  }
  const direction = change.delta > 0 ? 'up' : change.delta < 0 ? 'down' : ''
  return (
    <data class={`change ${verdict(metric, change.delta)}`} value={change.delta} title={`by ${figure(change.delta, metric, unit, currency)}`}>
      {direction && <svg class={`arrow ${direction}`} viewBox="0 0 8 8" width="8" height="8" aria-hidden="true"><path d="M4 1l3.4 6H.6z" /></svg>}
      <span class="hidden">{direction} </span>
      {changed(change)}
    </data>
  )
}

/** Below a table: what its dashes stand for, for whoever cannot point at them. */
export const Reasons = ({ rows, metrics, changeOf, more = [] }) => {
  const told = metrics.map(metric => [label(metric), [...new Set(rows.map(row => reasonOf(row, metric)).filter(Boolean))].join(', ')])
  if (changeOf && rows.some(({ change }) => change && typeof change[changeOf]?.delta != 'number')) told.push([`${label(changeOf)} change`, UNCOMPARED])
  const all = [...told, ...more].filter(([, reason]) => reason)
  return all.length > 0 && <p class="note reasons">A dash means {all.map(([name, reason]) => `${reason} (${name})`).join(', ')}.</p>
}

/** A value that came in with events: isolated, since it may be of another direction; what is not set looks it. */
export const Value = ({ dimension, value }) => <bdi class={value === '' ? 'absent' : undefined}>{valueText(dimension, value)}</bdi>

/** Why an answer is not there, or not as new as it was asked for, in the panel that it concerns. */
export const Missing = ({ answer: { data, error, loading } }) => {
  if (error) return <p class="placeholder missing">{data ? 'Not as new as asked for. ' : 'Not loaded. '}{error.message}</p>
  return data ? null : <p class="placeholder">{loading ? 'Loading …' : 'Not loaded.'}</p>
}

const WIDTH = 120
const HEIGHT = 28
/** The course of a metric, for a glance; the time series has its figures. */
export const Sparkline = ({ values }) => {
  const known = values.filter(value => typeof value == 'number')
  if (known.length < 2) return <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const x = index => index / (values.length - 1) * WIDTH
  const y = value => HEIGHT - 2 - (high == low ? (high > 0 ? 0.5 : 0) : (value - low) / (high - low)) * (HEIGHT - 4)
  const path = line().defined(value => value !== null).x((_, index) => x(index)).y(y)(values)
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  )
}
