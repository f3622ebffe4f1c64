// The course of a metric: lines of SVG, so that they follow the colour scheme, print sharply and scale. A table behind
// it has the same figures.

import { nice, ticks } from 'd3-array'
import { area, line } from 'd3-shape'
import { useEffect, useRef, useState } from 'preact/hooks'

import { Figure, Missing, Reasons } from './figure.jsx'
import { axisText, dayIn, figure, label, NONE, rangeText, startText, tick, timeText, valueText } from './format.js'
import { plusDays } from './view.js'

const INTERVALS = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }
/** The most channels that have a line of their own. */
const MOST_LINES = 5
const HEIGHT = 260
const MARGIN = { top: 12, right: 12, bottom: 26 }
/** Between two labels of an axis. */
const GAP = 14
/** How wide the longest of some texts of an axis is; languages and fonts differ. */
const widest = texts => {
  const pen = document.createElement('canvas').getContext('2d')
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`
  return Math.max(0, ...texts.map(text => pen.measureText(text).width))
}

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

/** The rows of the other period that its part has; they end where that part ends. */
const taken = series => {
  const { rows, until } = series.previous
  return until || !isRunning(series) ? rows : rows.slice(0, begun(series).length)
}
/** Whether the part of the other period ends within its last interval, which is then no whole one. */
const isCut = ({ interval, time_zone: timeZone, previous: { rows, until } }) => {
  const start = rows.at(-1)?.start
  if (!until || !start) return false
  if (interval == 'hour') return Date.parse(until) < Date.parse(start) + 3_600_000
  const day = dayIn(timeZone, until)
  if (interval == 'month') return day.startsWith(start.slice(0, 7))
  return day < plusDays(start, interval == 'week' ? 7 : 1)
}

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

/** Whether the other period has anything of a metric. */
const hasOther = (metric, series) => Boolean(series.previous) && taken(series).some(({ metrics }) => metrics[metric])

/** What is drawn: a line for the metric, one for the other period, or one for each of the largest channels. */
const linesOf = (metric, series, lines) => {
  if (!lines) {
    const made = [{ name: rangeText(series.query), style: 'now', rows: begun(series), runs: isRunning(series) }]
    // A line along the bottom would say what the legend says better.
    if (hasOther(metric, series)) {
      const { previous, time_zone: timeZone } = series
      const cut = isCut(series) && timeText(previous.until, timeZone)
      made.push({ name: rangeText(previous), style: 'before', rows: taken(series), runs: Boolean(cut), cut })
    }
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
              {drawn.map(({ name, style }) => <li key={style}><Swatch style={style} /><bdi>{name}</bdi></li>)}
              {!lines?.data && series.data.previous && !hasOther(metric, series.data) && <li>No {label(metric)} in {rangeText(series.data.previous)}</li>}
            </ul>
            {series.error && <Missing answer={series} />}
            {lines?.error && <Missing answer={lines} />}
            <details>
              <summary>The same as a table</summary>
              <SeriesTable drawn={drawn} starts={starts} metric={metric} unit={unit} currency={currency} interval={drawnInterval} />
            </details>
          </>
        )
        : <div class="tall"><Missing answer={series} /></div>}
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
  const [low, high] = nice(least, most > least ? most : least + 1, 4)
  const steps = ticks(low, high, 4)
  const amounts = steps.map(value => tick(value, metric, unit, currency))
  const left = Math.max(44, 14 + widest(amounts))
  const inner = Math.max(width - left - MARGIN.right, 10)
  const x = index => left + (last > 0 ? index / last * inner : inner / 2)
  const y = value => HEIGHT - MARGIN.bottom - (value - low) / (high - low) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const of = row => row.metrics[metric]
  const path = line().defined(row => of(row) !== null).x((_, index) => x(index)).y(row => y(of(row)))
  const under = area().defined(row => of(row) !== null).x((_, index) => x(index)).y0(y(Math.max(low, 0))).y1(row => y(of(row)))

  const tail = rows => line().defined(index => of(rows[index]) !== null).x(x).y(index => y(of(rows[index])))([rows.length - 2, rows.length - 1])

  const labels = labelsOf(starts, interval, x, inner / Math.max(last, 1), width)

  const point = event => {
    const frame = event.currentTarget.getBoundingClientRect()
    setAt(Math.min(last, Math.max(0, Math.round((event.clientX - frame.left - left) / inner * last))))
  }
  // A finger is lifted to see what was below it; a tap elsewhere is what a mouse's leaving is.
  const leave = event => event.pointerType == 'mouse' && setAt(null)
  useEffect(() => {
    if (at === null) return
    const close = event => (event.key == 'Escape' || event.type == 'pointerdown' && !box.current.contains(event.target)) && setAt(null)
    for (const type of ['pointerdown', 'keydown']) addEventListener(type, close)
    return () => {
      for (const type of ['pointerdown', 'keydown']) removeEventListener(type, close)
    }
  }, [at === null])
  const press = event => {
    const to = { ArrowLeft: (at ?? starts.length) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    setAt(Math.min(last, Math.max(0, to)))
  }
  // Of the other period only what was taken is told.
  const tellAt = index => drawn.filter(({ style, rows }) => rows[index] || style != 'before').map(({ name, style, rows, runs, cut }) => {
    const row = rows[index]
    const isLast = runs && index == rows.length - 1
    const text = !row ? 'not begun' : row.metrics[metric] === null ? `${NONE} (${row.undefined[metric]})` : figure(row.metrics[metric], metric, unit, currency)
    const when = style == 'before' ? row.start : style == 'now' ? starts[index] : null
    const named = when ? startText(when, interval) : name
    return { name: isLast ? `${named}, ${cut ? `until ${cut}` : 'so far'}` : named, style, text }
  })
  const told = at === null ? null : tellAt(at)
  const title = at === null ? '' : startText(starts[at], interval)
  const summary = `${label(metric)} by ${interval}, ${starts.length} points. Arrow keys go from point to point; a table follows.`
  return (
    <div class={`plot ${waiting ? 'waiting' : ''}`} ref={box} role="application" aria-roledescription="chart" aria-label={summary} tabIndex="0"
      onPointerDown={point} onPointerMove={point} onPointerLeave={leave} onPointerCancel={() => setAt(null)} onKeyDown={press} onBlur={() => setAt(null)}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true" focusable="false">
          {steps.map((value, index) => (
            <g key={value} class={value === 0 ? 'grid zero' : 'grid'}>
              <line x1={left} x2={width - MARGIN.right} y1={y(value)} y2={y(value)} />
              <text x={left - 8} y={y(value) + 4} text-anchor="end">{amounts[index]}</text>
            </g>
          ))}
          {labels.map(([index, text]) => <text key={index} class="when" x={x(index)} y={HEIGHT - 6} text-anchor="middle">{text}</text>)}
          {[...drawn].reverse().map(({ style, rows, runs }) => {
            const shown = rows.slice(0, starts.length)
            const over = runs && shown.length > 1 && shown.length == rows.length ? shown.slice(0, -1) : shown
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
          {told.map(({ name, style, text }) => <span key={style}><Swatch style={style} /><bdi>{name}</bdi><b>{text}</b></span>)}
        </div>
      )}
      <p class="hidden" aria-live="polite">{told ? `${title}: ${told.map(({ name, text }) => `${name} ${text}`).join(', ')}` : ''}</p>
    </div>
  )
}

/** The labels below so many points that `unit` lies between each two: as many as have room, none cut off. */
const labelsOf = (starts, interval, x, unit, width) => {
  const room = widest(starts.map((start, index) => axisText(start, interval, starts[index - 1])))
  const step = Math.max(1, Math.ceil((room + GAP) / unit))
  const chosen = starts.map((start, index) => [index, start]).filter(([index]) => index % step == 0 && x(index) + room / 2 <= width)
  return chosen.map(([index, start], place) => [index, axisText(start, interval, chosen[place - 1]?.[1])])
}

/** A line as it is in the chart, so that it is known by more than its colour. */
const Swatch = ({ style }) => <svg class={`swatch ${style}`} width="24" height="8" viewBox="0 0 24 8" aria-hidden="true"><path d="M0 4h24" /></svg>

const SeriesTable = ({ drawn, starts, metric, unit, currency, interval }) => (
  <>
    <div class="scroll" tabIndex="0" role="region" aria-label={`Table of ${label(metric)} by ${interval}`}>
      <table class="series-table">
        <caption class="hidden">{label(metric)} by {interval}</caption>
        <thead>
          <tr>
            <th scope="col">{INTERVALS[interval]}</th>
            {drawn.map(({ name, style }) => <th key={style} scope="col" class="number"><bdi>{name}</bdi></th>)}
          </tr>
        </thead>
        <tbody>
          {starts.map((start, index) => (
            <tr key={start}>
              <th scope="row">{startText(start, interval)}</th>
              {drawn.map(({ style, rows }) => (
                <td key={style} class="number">{rows[index] ? <Figure of={rows[index]} metric={metric} unit={unit} currency={currency} /> : ''}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    {drawn.filter(({ runs, rows }) => runs && rows.length).map(({ style, rows, cut }) => (
      cut && <p class="note" key={style}>{startText(rows.at(-1).start, interval)} counts only until {cut}.</p>
    ))}
    <Reasons rows={drawn.flatMap(({ rows }) => rows)} metrics={[metric]} />
  </>
)
