// The dashboard: asks for what the view needs, and lays it out.

import { useEffect, useMemo, useState } from 'preact/hooks'

import { address, forget } from './api.js'
import { Breakdown } from './breakdown.jsx'
import { Channels } from './channels.jsx'
import { Chart } from './chart.jsx'
import { Chips, Controls } from './controls.jsx'
import { Empty, Future, isNothing } from './empty.jsx'
import { Value } from './figure.jsx'
import { clockText, dayIn, figure, label, rangeText, timeText } from './format.js'
import { Goals } from './goals.jsx'
import { TILES, Tiles } from './tiles.jsx'
import { useAnswer } from './use-answer.js'
import { daysOf, intervalsFor, periodOf, useView } from './view.js'

/** The site's time zone, as an earlier answer told it; with it, `today` is known before anything is asked. */
const ZONE = 'reckon.time_zone'
const knownZone = () => {
  try {
    return sessionStorage.getItem(ZONE)
  } catch {
    return null
  }
}
const keepZone = zone => {
  try {
    sessionStorage.setItem(ZONE, zone)
  } catch {}
}

/** Units and dimensions, as `GET /v1/metadata` tells them. */
const useVocabulary = metadata => useMemo(() => {
  const metrics = new Map((metadata?.metrics ?? []).map(metric => [metric.name, metric]))
  const views = (metadata?.views ?? []).map(({ dimensions }) => dimensions)
  return {
    metrics,
    unit: name => metrics.get(name)?.unit ?? 'count',
    dimensions: metadata?.dimensions ?? [],
    /** Whether figures are kept by all of these dimensions together. */
    serves: dimensions => !metadata || views.some(view => dimensions.every(each => view.includes(each)))
  }
}, [metadata])

/** A view without what its address made up: only metrics are charted, and only dimensions limit. */
const sensible = (view, metadata, { metrics, dimensions }) => {
  const metric = (metadata ? metrics.has(view.metric) : TILES.includes(view.metric)) ? view.metric : 'revenue'
  const filters = Object.fromEntries(Object.entries(view.filters).filter(([name]) => dimensions.includes(name)))
  return { ...view, metric, filters }
}

/** Fewer days without events may be a quiet time of a site that has some. */
const LONG = 28

export const Board = ({ signOut }) => {
  const [written, change] = useView()
  const [round, setRound] = useState(0)
  const [kept] = useState(knownZone)

  const metadata = useAnswer('/v1/metadata', round)
  const goals = useAnswer('/v1/goals/progress', round)
  const vocabulary = useVocabulary(metadata.data)
  const view = sensible(written, metadata.data, vocabulary)

  // Until the time zone is known only the usual period can be asked for, by naming no days.
  const zone = goals.data?.time_zone ?? kept
  const today = zone ? dayIn(zone, Date.now()) : null
  const period = periodOf(view, today)
  // Which names are dimensions is to be known before one is asked by.
  const isKnown = metadata.data || !Object.keys(written.filters).length
  const days = view.period == '30d' ? 30 : period && daysOf(period)
  const named = view.period == '30d' ? {} : period
  const filters = view.filters
  const dimensions = Object.keys(filters)
  const intervals = intervalsFor(days ?? 30)
  const interval = intervals.includes(view.interval) ? view.interval : intervals[0]
  const compare = view.compare
  const common = named && isKnown && { ...named, ...filters }
  const compared = common && { ...common, compare }

  const served = by => vocabulary.serves([...dimensions, ...by])
  const isServed = served([])
  const by = view.by
  const sort = view.sort || '-revenue'
  const showLines = view.lines == 'channel' && served(['channel'])
  const asks = (path, parameters, by) => parameters && served(by) ? address(path, parameters) : null
  const summed = asks('/v1/reports/summary', compared, [])
  const summary = useAnswer(summed, round)
  const series = useAnswer(asks('/v1/reports/timeseries', compared && { ...compared, interval }, []), round)
  const lines = useAnswer(showLines ? asks('/v1/reports/timeseries', common && { ...common, interval, by: 'channel' }, ['channel']) : null, round)
  const channels = useAnswer(asks('/v1/reports/channels', compared, ['channel']), round)
  const rows = compared && { ...compared, by, sort, limit: 25 }
  const breakdown = useAnswer(asks('/v1/reports/breakdown', rows, [by]), round)

  const head = summary.data ?? series.data
  const reports = [summary, series, showLines && lines, channels, breakdown].map(answer => answer?.data).filter(Boolean)
  const told = head?.time_zone ?? goals.data?.time_zone
  useEffect(() => {
    if (told) keepZone(told)
  }, [told])

  const all = [summary, series, lines, channels, breakdown, goals, metadata]
  const failures = [...new Map(all.filter(({ error }) => error).map(({ error }) => [error.message, error])).values()]
  const loading = all.some(answer => answer.loading)
  const again = () => {
    forget()
    setRound(round + 1)
  }

  const currency = head?.currency ?? goals.data?.currency ?? 'USD'
  const shared = { view, change, vocabulary, currency, compare, interval, round }
  // A filter that is not kept together with those there are takes their place.
  const filter = (dimension, value) => {
    const kept = Object.entries(filters).filter(([other]) => other == dimension || vocabulary.serves([dimension, other]))
    const next = { ...Object.fromEntries(kept), [dimension]: [value] }
    change({ filters: next, ...!vocabulary.serves([...Object.keys(next), by]) && { by: dimension } })
  }
  // What was answered to another question says nothing of these days.
  const answered = summary.of == summed && summary.data
  const isFuture = answered && answered.query.from > dayIn(answered.time_zone, answered.as_of)
  const isEmpty = answered && !dimensions.length && days >= LONG && isNothing(answered)

  const title = head ? `${head.site} · ${rangeText(head.query)}` : 'Reckon'
  useEffect(() => {
    document.title = head ? `${title} · Reckon` : 'Reckon'
    return () => {
      document.title = 'Reckon'
    }
  }, [title])

  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the figures</a>
      <header class="top">
        <div class="brand">
          <img src={document.querySelector('link[rel=icon]').href} alt="" width="26" height="26" />
          <h1><bdi>{head?.site ?? goals.data?.site ?? 'Reckon'}</bdi></h1>
        </div>
        <Controls view={view} change={change} period={head?.query ?? period} today={today} />
        <div class="actions">
          <button type="button" onClick={again} aria-label="Refresh the figures">
            <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true"><path d="M16 10a6 6 0 1 1-1.8-4.3M16 2.5v3.8h-3.8" /></svg>
          </button>
          <button type="button" onClick={signOut}>Sign out</button>
        </div>
      </header>
      <main id="main" tabIndex="-1" aria-busy={loading}>
        <div class="where">
          <strong>{head ? rangeText(head.query) : ' '}</strong>
          <Chips filters={filters} change={change} />
          <p class="live" role="status">{loading ? 'Loading figures …' : <Outcome filters={filters} summary={summary.data} />}</p>
        </div>
        <Freshness head={head} compare={compare} previous={head?.previous} reports={reports} />
        {(failures.length > 0 || !isServed) && (
          <div class="failure" role="alert">
            {!isServed && <p>Figures are not kept by {dimensions.map(label).join(' and ')} together. Remove one of the filters.</p>}
            {failures.map(({ message }) => <p key={message}>{message}</p>)}
            {failures.some(failure => failure.again) && <button type="button" onClick={again}>Try again</button>}
            {failures.some(failure => failure.kind == 'question') && (
              <button type="button" onClick={() => change({ filters: {}, period: '30d', by: 'campaign', sort: '', lines: '', metric: 'revenue' })}>Begin with the last 30 days</button>
            )}
          </div>
        )}
        {(head?.warnings ?? []).map(warning => <p class="warning" dir="auto" key={warning}>{warning}</p>)}
        {isEmpty || isFuture
          ? (
            <div class="columns">
              {isFuture ? <Future change={change} /> : <Empty change={change} view={view} address={summed} again={again} />}
              <Goals goals={goals} currency={currency} vocabulary={vocabulary} />
            </div>
          )
          : (
            <>
              <Tiles {...shared} summary={summary} series={series} />
              <Chart {...shared} series={series} lines={showLines ? lines : null} intervals={intervals} canSplit={served(['channel'])} />
              <div class="columns">
                <Channels {...shared} channels={channels} filter={filter} served={served(['channel'])} filters={dimensions} />
                <Goals goals={goals} currency={currency} vocabulary={vocabulary} />
              </div>
              <Breakdown {...shared} breakdown={breakdown} question={rows} sort={sort} filter={filter} filters={dimensions} />
            </>
          )}
      </main>
      <footer>
        <p>
          {head && <>All days and times are in {head.time_zone}, money in {head.currency}. </>}
          A dash stands where a figure is undefined; the reason stands below.
        </p>
      </footer>
    </>
  )
}

/** The address of the page is the view's, so the skip link moves the focus itself. */
const skip = event => {
  event.preventDefault()
  document.getElementById('main').focus()
}

/** What is left by the filters, in a few words: what was clicked may be far away from what it changed. */
const Outcome = ({ filters, summary }) => {
  const values = Object.entries(filters).flatMap(([dimension, values]) => values.map(value => [dimension, value]))
  const count = summary?.metrics.conversions
  if (!values.length || typeof count != 'number') return null
  return (
    <>
      {values.map(([dimension, value], index) => <>{index > 0 && ', '}<Value dimension={dimension} value={value} /></>)}
      : {figure(count, 'conversions', 'count')} {count == 1 ? 'conversion' : 'conversions'}
    </>
  )
}

/** Up to when the figures hold, and what they are compared with. */
const Freshness = ({ head, compare, previous, reports }) => {
  if (!head) return <p class="freshness">&nbsp;</p>
  const { time_zone: zone } = head
  const earliest = name => reports.map(report => report[name]).sort()[0]
  const [complete, counted] = ['complete_through', 'counted_to'].map(earliest)
  const isMixed = reports.some(report => report.counted_to != counted)
  return (
    <p class="freshness">
      {compare != 'none' && previous && (
        <>
          <span>Compared with {rangeText(previous)}{previous.until && <>, until <time dateTime={previous.until}>{timeText(previous.until, zone)}</time></>}</span>
          <span class="dot" aria-hidden="true"> · </span>
        </>
      )}
      <span title={`Every event acknowledged before ${timeText(complete, zone)} is in the figures; events are counted to ${timeText(counted, zone)}, and what came in up to then usually is. ${zone}.`}>
        Up to date to <time dateTime={complete}>{isToday(complete, head) ? clockText(complete, zone) : timeText(complete, zone)}</time>
        {isMixed && ', still counting'}
      </span>
    </p>
  )
}
const isToday = (time, { time_zone: zone, as_of: now }) => dayIn(zone, time) == dayIn(zone, now)
