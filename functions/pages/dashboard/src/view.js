// What is looked at: a period, filters, a metric, a breakdown. It stands in the address behind `#`, so that a view can
// be bookmarked and the way back works; what stands there is not sent to any server. The key never stands there.

import { useEffect, useState } from 'preact/hooks'

export const PERIODS = [
  ['today', 'Today'], ['7d', 'Last 7 days'], ['30d', 'Last 30 days'], ['90d', 'Last 90 days'],
  ['month', 'This month'], ['last-month', 'Last month'], ['year', 'Last 12 months'], ['custom', 'Custom …']
]
export const COMPARES = [['previous', 'Previous period'], ['year', 'Same days last year'], ['none', 'No comparison']]
const INTERVALS = ['hour', 'day', 'week', 'month']

/** What is looked at unless the address says otherwise. */
const USUAL = {
  period: '30d', from: '', to: '', compare: 'previous', metric: 'revenue', interval: '', lines: '', by: 'campaign', sort: ''
}
const NAME = /^[a-z][a-z_]*$/
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Reads a view; what makes no sense is as usual. Filters are whatever else has a dimension's name before it. */
export const readView = hash => {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const view = { ...USUAL, filters: Object.create(null) }
  for (const [name, value] of given) {
    if (Object.hasOwn(USUAL, name)) view[name] = value
    else if (NAME.test(name)) (view.filters[name] ??= []).push(value)
  }
  if (!PERIODS.some(([name]) => name == view.period)) view.period = USUAL.period
  if (!COMPARES.some(([name]) => name == view.compare)) view.compare = USUAL.compare
  if (!INTERVALS.includes(view.interval)) view.interval = ''
  if (!NAME.test(view.sort.replace('-', ''))) view.sort = ''
  if (!NAME.test(view.metric)) view.metric = USUAL.metric
  if (!NAME.test(view.by)) view.by = USUAL.by
  if (view.period == 'custom' && !(isDay(view.from) && isDay(view.to) && view.from <= view.to)) view.period = USUAL.period
  if (view.period != 'custom') view.from = view.to = ''
  return view
}

export const writeView = view => {
  const written = new URLSearchParams()
  for (const name of Object.keys(USUAL)) if (view[name] != USUAL[name]) written.set(name, view[name])
  for (const [dimension, values] of Object.entries(view.filters)) {
    for (const value of values) written.append(dimension, value)
  }
  return String(written) ? `#${written}` : ''
}

/** A day of the calendar; a year has four digits. */
export const isDay = text => DAY.test(text) && !Number.isNaN(Date.parse(text))

/** The most months that a report covers. */
export const MOST_MONTHS = 25
export const isTooLong = ({ from, to }) => {
  const [year, month, day] = from.split('-').map(Number)
  const months = year * 12 + month - 1 + MOST_MONTHS
  // A month that has no such day ends before it.
  const last = new Date(Date.UTC(Math.floor(months / 12), months % 12 + 1, 0)).getUTCDate()
  const end = new Date(Date.UTC(Math.floor(months / 12), months % 12, Math.min(day, last)))
  return Date.parse(to) >= end.getTime()
}

/** The view in the address, and how to change it: each change is a step that the way back undoes. */
export const useView = () => {
  const [view, setView] = useState(() => readView(location.hash))
  useEffect(() => {
    const read = () => setView(readView(location.hash))
    addEventListener('popstate', read)
    return () => removeEventListener('popstate', read)
  }, [])
  const change = changes => {
    const next = { ...readView(location.hash), ...changes }
    const hash = writeView(next)
    if (hash != location.hash) history.pushState(null, '', hash || location.pathname)
    setView(readView(hash))
  }
  return [view, change]
}

/** A day so many days later, by the calendar alone. */
export const plusDays = (day, days) => {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

export const daysOf = ({ from, to }) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1

/** The days of a view, once the site's own `today` is known. */
export const periodOf = (view, today) => {
  if (view.period == 'custom') return { from: view.from, to: view.to }
  if (!today) return null
  const monthStart = `${today.slice(0, 8)}01`
  switch (view.period) {
    case 'today': return { from: today, to: today }
    case '7d': return { from: plusDays(today, -6), to: today }
    case '90d': return { from: plusDays(today, -89), to: today }
    case 'month': return { from: monthStart, to: today }
    case 'last-month': {
      const to = plusDays(monthStart, -1)
      return { from: `${to.slice(0, 8)}01`, to }
    }
    case 'year': return { from: plusDays(`${Number(today.slice(0, 4)) - 1}${today.slice(4).replace('02-29', '02-28')}`, 1), to: today }
    default: return { from: plusDays(today, -29), to: today }
  }
}

/** The intervals that suit so many days, the best first. */
export const intervalsFor = days => {
  if (days <= 2) return ['hour', 'day']
  if (days <= 13) return ['day', 'hour']
  if (days <= 31) return ['day', 'hour', 'week']
  if (days <= 92) return ['day', 'week', 'month']
  return days <= 400 ? ['week', 'day', 'month'] : ['month', 'week']
}
