// Figures, days and times as people write them, in the reader's language.

const cached = make => {
  const made = new Map()
  return (...with_) => {
    const name = JSON.stringify(with_)
    if (!made.has(name)) made.set(name, make(...with_))
    return made.get(name)
  }
}
const formatted = cached(options => new Intl.NumberFormat(undefined, options))
/** A number with a minus sign, which is as wide as a plus sign; languages that write a hyphen mean one. */
const number = (options, value) => formatted(options).format(value).replace('-', '−')
const date = cached(options => new Intl.DateTimeFormat(undefined, options))

/** What is written where a figure is undefined. */
export const NONE = '–'

const LABELS = {
  ctr: 'CTR', cvr: 'CVR', cpc: 'CPC', cpm: 'CPM', cpl: 'CPL', cps: 'CPS', cpa: 'CPA', roas: 'ROAS', roi: 'ROI',
  aov: 'AOV', epc: 'EPC', sms: 'SMS', name: 'Event name', kind: 'Event kind', invalid: 'Robots'
}
/** A name of the API as people write it. */
export const label = name => LABELS[name] ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ')

const PERCENT = { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }

/** How figures of a unit are written: counts, money of the site's currency, ratios as percents or as times. */
const optionsFor = (metric, unit, currency, value) => {
  if (unit == 'money') {
    const small = value !== 0 && Math.abs(value) < 1
    return { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...small && { maximumFractionDigits: 4 } }
  }
  if (metric == 'roas') return { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  // A rate of one in a thousand is not none.
  if (unit == 'ratio') return value !== 0 && Math.abs(value) < 0.01 ? { ...PERCENT, maximumFractionDigits: 2 } : PERCENT
  // What is expected or projected of a count need not be whole.
  return { maximumFractionDigits: 1 }
}

/** A figure in full. */
export const figure = (value, metric, unit, currency) => {
  if (value === null || value === undefined) return NONE
  const text = number(optionsFor(metric, unit, currency, value), value)
  return metric == 'roas' ? `${text}×` : text
}

/** An amount without its cents, where cents say nothing beside what is aimed at. */
export const roundFigure = (value, metric, unit, currency) =>
  unit == 'money' && Math.abs(value) >= 1_000
    ? number({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: 0 }, value)
    : figure(value, metric, unit, currency)

/** The longest figure that is written in full where there is little room. */
const LONGEST = 14
/** A figure for a small place: in full, or as "¥59.3T" where that would be too long to read. */
export const shortFigure = (value, metric, unit, currency) => {
  const text = figure(value, metric, unit, currency)
  if (text.length <= LONGEST) return text
  return number({ ...unit == 'money' && { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }, notation: 'compact', maximumFractionDigits: 2 }, value)
}

/** A figure for an axis: short. */
export const tick = (value, metric, unit, currency) => {
  if (unit == 'money') {
    return number({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', notation: 'compact', maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1, minimumFractionDigits: 0 }, value)
  }
  if (metric == 'roas') return `${number({ maximumFractionDigits: 2 }, value)}×`
  if (unit == 'ratio') return number({ style: 'percent', maximumFractionDigits: 2 }, value)
  return number({ notation: 'compact', maximumFractionDigits: 1 }, value)
}

export const percent = value => value === null || value === undefined ? NONE : number(PERCENT, value)

/** A change: by how many percent; what began at nothing is new. */
export const changed = ({ delta, ratio }) =>
  delta !== 0 && ratio === null ? 'new' : number({ ...PERCENT, signDisplay: 'exceptZero' }, ratio ?? 0)

/** Whether less is better. */
const COSTS = new Set(['spend', 'cost', 'cpc', 'cpm', 'cpl', 'cps', 'cpa', 'cost_per_conversion', 'refunds', 'refunded', 'refund_rate', 'invalid', 'rejected'])
/** Money that is spent is neither good nor bad by itself. */
const NEUTRAL = new Set(['spend', 'cost', 'pending', 'invalid'])
export const verdict = (metric, delta) => {
  if (!delta || NEUTRAL.has(metric)) return 'even'
  return delta > 0 == COSTS.has(metric) ? 'worse' : 'better'
}

const asDate = day => new Date(`${day.slice(0, 10)}T00:00:00Z`)
const THIS_YEAR = String(new Date().getUTCFullYear())

/** A day, with its year unless that is this one. */
const dayText = (day, withYear = !day.startsWith(THIS_YEAR)) =>
  date({ timeZone: 'UTC', day: 'numeric', month: 'short', ...withYear && { year: 'numeric' } }).format(asDate(day))

export const rangeText = ({ from, to }) => {
  if (from == to) return date({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).format(asDate(from))
  return date({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).formatRange(asDate(from), asDate(to))
}

/** The same where there is little room, without a year that is this one. */
export const shortRangeText = ({ from, to }) =>
  [from, to].every(day => day.startsWith(THIS_YEAR))
    ? date({ timeZone: 'UTC', day: 'numeric', month: 'short' }).formatRange(asDate(from), asDate(to))
    : rangeText({ from, to })

/** The beginning of an interval. An hour is told as the site's clock shows it. */
export const startText = (start, interval) => {
  if (interval == 'hour') return `${dayText(start)}, ${start.slice(11, 16)}`
  if (interval == 'month') return date({ timeZone: 'UTC', month: 'short', year: 'numeric' }).format(asDate(start))
  if (interval == 'week') return `Week of ${dayText(start)}`
  return `${date({ timeZone: 'UTC', weekday: 'short' }).format(asDate(start))}, ${dayText(start)}`
}

/** The same below an axis: short, its year only where it is not that of the label before. */
export const axisText = (start, interval, before = THIS_YEAR) => {
  const clock = start.slice(11, 16)
  if (interval == 'hour' && clock != '00:00') return clock
  const withYear = !start.startsWith(before.slice(0, 4))
  if (interval != 'month') return dayText(start, withYear)
  return date({ timeZone: 'UTC', month: 'short', ...withYear && { year: 'numeric' } }).format(asDate(start))
}

/** A moment in the site's time zone, by the same clock as the hours of a report. */
export const timeText = (time, timeZone) =>
  date({ timeZone, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(time))
export const clockText = (time, timeZone) =>
  date({ timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(time))

/** The local day of a moment in a time zone, as the API writes days. */
export const dayIn = (timeZone, time) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(time))

/** A value of a dimension; an event without one has the empty text. */
export const valueText = (dimension, value) => {
  if (value === '') return '(not set)'
  return dimension == 'channel' || dimension == 'kind' ? label(value) : value
}
