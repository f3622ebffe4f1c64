// The course of a metric: lines of SVG, so that they follow the colour scheme, print sharply and scale. A table behind
// it has the same figures.

import { ticks } from 'd3-array'
import { area, line } from 'd3-shape'
import { useEffect, useRef, useState } from 'preact/hooks'

import { Figure } from './figure.jsx'
import { dayIn, figure, label, NONE, rangeText, startText, tick, valueText } from './format.js'

const INTERVALS = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }
/** The most channels that have a line of their own. */
const MOST_LINES = 5
const HEIGHT = 260
const MARGIN = { top: 12, right: 12, bottom: 26 }
/** A digit of an axis is about so wide. */
const DIGIT = 7.2

/** The intervals that have begun: what is still to come is no zero. */
const begun = ({ rows, as_of: asOf, interval, time_zone: timeZone }) => {
  if (interval == 'hour') return rows.filter(({ start }) => Date.parse(start) <= Date.parse(asOf))
  const today = dayIn(timeZone, asOf)
  return rows.filter(({ start }) => start.slice(0, 10) <= today)
}
/** Whether the last interval that has begun still runs. */
const isRunning = ({ as_of: asOf, time_zone: timeZone, query }) => dayIn(timeZone, asOf) <= query.to
/** The intervals that are over; one that runs has not shown yet what it will be. */
export const complete = series => isRunning(series) ? begun(series).slice(0, -1) : begun(series)

/** The width of an element, as it changes. */
const useWidth = () => {
  const ref = useRef()
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry.contentRect.width)))
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}

/** What is drawn: a line for the metric, one for the other period, or one for each of the largest channels. */
const linesOf = (metric, series, lines) => {
  if (!lines) {
    const made = [{ name: rangeText(series.query), style: 'now', rows: begun(series), runs: isRunning(series) }]
    const before = series.previous
    if (before) made.push({ name: rangeText(before), style: 'before', rows: before.rows, runs: false })
    return made
  }
  const byChannel = new Map()
  for (const row of begun(lines)) {
    if (!byChannel.has(row.channel)) byChannel.set(row.channel, [])
    byChannel.get(row.channel).push(row)
  }
  const size = rows => rows.reduce((sum, row) => sum + Math.abs(row.metrics[metric] ?? 0), 0)
  return [...byChannel].sort(([, left], [, right]) => size(right) - size(left)).slice(0, MOST_LINES)
    .map(([channel, rows], index) => ({ name: valueText('channel', channel), style: `line-${index + 1}`, rows, runs: isRunning(lines) }))
}

export const Chart = ({ series, lines, view, change, vocabulary, currency, interval, intervals, canSplit }) => {
  const { metric } = view
  const unit = vocabulary.unit(metric)
  // Until the channels are there, all of them together stand for them.
  const shown = lines?.data ? lines : series
  const waiting = series.loading || lines?.loading
  const drawn = series.data ? linesOf(metric, series.data, lines?.data) : null
  const starts = drawn ? (lines?.data ? [...new Map(lines.data.rows.map(row => [row.start, row])).values()] : series.data.rows).map(({ start }) => start) : []
  const drawnInterval = shown.data?.interval ?? interval
  return (
    <section class="panel chart" aria-labelledby="chart-title" aria-busy={waiting}>
      <header>
        <h2 id="chart-title">{label(metric)} by {drawnInterval}</h2>
        <div class="pickers">
          <label>
            <span>Metric</span>
            <select value={metric} onChange={event => change({ metric: event.target.value })}>
              {!vocabulary.metrics.has(metric) && <option value={metric}>{label(metric)}</option>}
              {[...vocabulary.metrics.keys()].map(name => <option key={name} value={name}>{label(name)}</option>)}
            </select>
          </label>
          <label>
            <span>Interval</span>
            <select value={interval} onChange={event => change({ interval: event.target.value })}>
              {Object.keys(INTERVALS).filter(name => intervals.includes(name)).map(name => <option key={name} value={name}>{INTERVALS[name]}</option>)}
            </select>
          </label>
          <label>
            <span>Lines</span>
            <select value={lines ? 'channel' : ''} onChange={event => change({ lines: event.target.value })} disabled={!canSplit}>
              <option value="">All together</option>
              <option value="channel">Top {MOST_LINES} channels</option>
            </select>
          </label>
        </div>
      </header>
      {drawn
        ? (
          <>
            <Plot drawn={drawn} starts={starts} metric={metric} unit={unit} currency={currency} interval={drawnInterval} waiting={waiting} />
            <ul class="legend">
              {drawn.map(({ name, style }) => <li key={style}><i class={style} />{name}</li>)}
            </ul>
            <details>
              <summary>The same as a table</summary>
              <SeriesTable drawn={drawn} starts={starts} metric={metric} unit={unit} currency={currency} interval={drawnInterval} />
            </details>
          </>
        )
        : <p class="placeholder tall">{waiting ? 'Loading …' : 'Not loaded.'}</p>}
    </section>
  )
}

const Plot = ({ drawn, starts, metric, unit, currency, interval, waiting }) => {
  const [box, width] = useWidth()
  const [at, setAt] = useState(null)
  const last = starts.length - 1
  useEffect(() => setAt(null), [starts.length, starts[0], metric])

  const values = drawn.flatMap(({ rows }) => rows.map(row => row.metrics[metric])).filter(value => value !== null)
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)]
  const steps = ticks(least, most > least ? most : least + 1, 4)
  const [low, high] = [Math.min(least, steps[0]), Math.max(most, steps.at(-1))]
  const amounts = steps.map(value => tick(value, metric, unit, currency))
  // Languages write the same amount short or long.
  const left = Math.max(40, 14 + DIGIT * Math.max(...amounts.map(({ length }) => length)))
  const inner = Math.max(width - left - MARGIN.right, 10)
  const x = index => left + (last > 0 ? index / last * inner : inner / 2)
  const y = value => HEIGHT - MARGIN.bottom - (value - low) / (high - low) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const of = row => row.metrics[metric]
  const path = line().defined(row => of(row) !== null).x((_, index) => x(index)).y(row => y(of(row)))
  const under = area().defined(row => of(row) !== null).x((_, index) => x(index)).y0(y(Math.max(low, 0))).y1(row => y(of(row)))

  const tail = rows => line().defined(index => of(rows[index]) !== null).x(x).y(index => y(of(rows[index])))([rows.length - 2, rows.length - 1])

  const room = Math.max(2, Math.floor(inner / 76))
  const step = Math.max(1, Math.ceil(starts.length / room))
  const labels = starts.map((start, index) => [index, startText(start, interval).short]).filter(([index]) => index % step == 0 && x(index) < width - 24)

  const point = event => {
    const box = event.currentTarget.getBoundingClientRect()
    setAt(Math.min(last, Math.max(0, Math.round((event.clientX - box.left - left) / inner * last))))
  }
  const press = event => {
    const to = { ArrowLeft: (at ?? starts.length) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: last }[event.key]
    if (event.key == 'Escape') setAt(null)
    if (to === undefined) return
    event.preventDefault()
    setAt(Math.min(last, Math.max(0, to)))
  }
  const tellAt = index => drawn.map(({ name, style, rows }) => {
    const row = rows[index]
    const text = !row ? NONE : row.metrics[metric] === null ? `${NONE} (${row.undefined[metric]})` : figure(row.metrics[metric], metric, unit, currency)
    const when = style == 'before' ? row?.start : style == 'now' ? starts[index] : null
    return { name: when ? startText(when, interval).full : name, style, text }
  })
  const told = at === null ? null : tellAt(at)
  const title = at === null ? '' : startText(starts[at], interval).full
  const summary = `${label(metric)} by ${interval}, ${starts.length} points. Arrow keys go from point to point; a table follows.`
  return (
    <div class={`plot ${waiting ? 'waiting' : ''}`} ref={box} role="application" aria-roledescription="chart" aria-label={summary} tabIndex="0"
      onPointerMove={point} onPointerLeave={() => setAt(null)} onKeyDown={press} onBlur={() => setAt(null)}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true" focusable="false">
          {steps.map((value, index) => (
            <g key={value} class={value === 0 ? 'grid zero' : 'grid'}>
              <line x1={left} x2={width - MARGIN.right} y1={y(value)} y2={y(value)} />
              <text x={left - 8} y={y(value) + 4} text-anchor="end">{amounts[index]}</text>
            </g>
          ))}
          {labels.map(([index, text]) => <text key={index} class="when" x={x(index)} y={HEIGHT - 6} text-anchor={index == 0 ? 'start' : 'middle'}>{text}</text>)}
          {[...drawn].reverse().map(({ style, rows, runs }) => {
            const shown = rows.slice(0, starts.length)
            const over = runs && shown.length > 1 ? shown.slice(0, -1) : shown
            return (
              <g key={style} class={`series ${style}`}>
                {style == 'now' && <path class="under" d={under(over)} />}
                <path class="over" d={path(over)} />
                {over != shown && <path class="runs" d={tail(shown)} />}
                {over.length == 1 && of(shown[0]) !== null && <circle cx={x(0)} cy={y(of(shown[0]))} r="4" />}
              </g>
            )
          })}
          {at !== null && (
            <g class="cursor">
              <line x1={x(at)} x2={x(at)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
              {drawn.map(({ style, rows }) => rows[at] && of(rows[at]) !== null && <circle key={style} class={style} cx={x(at)} cy={y(of(rows[at]))} r="4.5" />)}
            </g>
          )}
        </svg>
      )}
      {told && (
        <div class={`tip ${x(at) > width / 2 ? 'left' : 'right'}`} style={{ '--x': `${x(at)}px` }} aria-hidden="true">
          {drawn[0].style.startsWith('line') && <b>{title}</b>}
          {told.map(({ name, style, text }) => <span key={style}><i class={style} />{name}<b>{text}</b></span>)}
        </div>
      )}
      <p class="hidden" aria-live="polite">{told ? `${title}: ${told.map(({ name, text }) => `${name} ${text}`).join(', ')}` : ''}</p>
    </div>
  )
}

const SeriesTable = ({ drawn, starts, metric, unit, currency, interval }) => (
  <div class="scroll" tabIndex="0" role="region" aria-label={`Table of ${label(metric)} by ${interval}`}>
    <table class="series-table">
      <caption class="hidden">{label(metric)} by {interval}</caption>
      <thead>
        <tr>
          <th scope="col">{INTERVALS[interval]}</th>
          {drawn.map(({ name, style }) => <th key={style} scope="col" class="number">{name}</th>)}
        </tr>
      </thead>
      <tbody>
        {starts.map((start, index) => (
          <tr key={start}>
            <th scope="row">{startText(start, interval).full}</th>
            {drawn.map(({ style, rows }) => (
              <td key={style} class="number">{rows[index] ? <Figure of={rows[index]} metric={metric} unit={unit} currency={currency} /> : ''}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
