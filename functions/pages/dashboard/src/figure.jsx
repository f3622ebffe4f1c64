// A figure, a change, and a small line.

import { line } from 'd3-shape'

import { changed, figure, label, NONE, verdict } from './format.js'

/** A figure; where it is undefined a dash, with the reason for whoever points at it or listens. */
export const Figure = ({ of, metric, unit, currency }) => {
  const value = of?.metrics[metric]
  if (typeof value != 'number') {
    const reason = of?.undefined?.[metric] ?? 'not known'
    return <span class="none" title={`${label(metric)} is undefined: ${reason}`}>{NONE}<span class="hidden"> undefined: {reason}</span></span>
  }
  return <data value={value}>{figure(value, metric, unit, currency)}</data>
}

/** How a metric changed: its direction in words and signs, and never by colour alone. */
export const Change = ({ of, metric, unit, currency, before }) => {
  const change = of?.[metric]
  if (typeof change?.delta != 'number') {
    return <span class="change none" title={before ?? 'undefined in one of the two periods'}>{NONE}<span class="hidden"> no comparison</span></span>
  }
  const direction = change.delta > 0 ? 'up' : change.delta < 0 ? 'down' : ''
  return (
    <data class={`change ${verdict(metric, change.delta)}`} value={change.delta} title={`by ${figure(change.delta, metric, unit, currency)}`}>
      {direction && <svg class={`arrow ${direction}`} viewBox="0 0 8 8" width="8" height="8" aria-hidden="true"><path d="M4 1l3.4 6H.6z" /></svg>}
      <span class="hidden">{direction} </span>
      {changed(change, metric, unit, currency)}
    </data>
  )
}

const WIDTH = 120
const HEIGHT = 28
/** The course of a metric, for a glance; the time series has its figures. */
export const Sparkline = ({ values }) => {
  const known = values.filter(value => value !== null)
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
