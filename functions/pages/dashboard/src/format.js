// Figures, days and times as people write them, in the reader's language.

const cached = make => {
  const made = new Map()
  return (...with_) => {
    const name = JSON.stringify(with_)
    if (!made.has(name)) made.set(name, make(...with_))
    return made.get(name)
  }
}
const number = cached(options => new Intl.NumberFormat(undefined, options))
const date = cached(options => new Intl.DateTimeFormat(undefined, options))

/** What is written where a figure is undefined. */
export const NONE = '–'

const LABELS = {
  ctr: 'CTR', cvr: 'CVR', cpc: 'CPC', cpm: 'CPM', cpl: 'CPL', cps: 'CPS', cpa: 'CPA', roas: 'ROAS', roi: 'ROI',
  aov: 'AOV', epc: 'EPC', sms: 'SMS', name: 'Event name', kind: 'Event kind', invalid: 'Robots'
}
/** A name of the API as people write it. */
export const label = name => LABELS[name] ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ')

/** How figures of a unit are written: counts, money of the site's currency, ratios as percents or as times. */
const optionsFor = (metric, unit, currency, value) => {
  if (unit == 'money') {
    const small = value !== 0 && Math.abs(value) < 1
    return { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...small && { maximumFractionDigits: 4 } }
  }
  if (metric == 'roas') return { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  if (unit == 'ratio') return { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 2 }
  // What is expected or projected of a count need not be whole.
  return { maximumFractionDigits: 1 }
}

/** A figure in full. */
export const figure = (value, metric, unit, currency) => {
  if (value === null || value === undefined) return NONE
  const text = number(optionsFor(metric, unit, currency, value)).format(value)
  return metric == 'roas' ? `${text}×` : text
}

/** A figure for an axis: short. */
export const tick = (value, metric, unit, currency) => {
  if (unit == 'money') {
    return number({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', notation: 'compact', maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1, minimumFractionDigits: 0 }).format(value)
  }
  if (metric == 'roas') return `${number({ maximumFractionDigits: 2 }).format(value)}×`
  if (unit == 'ratio') return number({ style: 'percent', maximumFractionDigits: 2 }).format(value)
  return number({ notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

export const percent = value =>
  value === null || value === undefined ? NONE : number({ style: 'percent', maximumFractionDigits: 1 }).format(value)

/** A change: by how many percent, or by how much where it began at nothing. */
export const changed = (change, metric, unit, currency) => {
  if (!change || change.delta === null) return NONE
  if (change.delta === 0) return '0%'
  if (change.ratio !== null) {
    const digits = Math.abs(change.ratio) < 10 ? 1 : 0
    return number({ style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: digits }).format(change.ratio).replace('-', '−')
  }
  const text = figure(change.delta, metric, unit, currency)
  return change.delta > 0 ? `+${text}` : text.replace('-', '−')
}

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
export const dayText = day =>
  date({ timeZone: 'UTC', day: 'numeric', month: 'short', ...!day.startsWith(THIS_YEAR) && { year: 'numeric' } }).format(asDate(day))

export const rangeText = ({ from, to }) => {
  if (from == to) return date({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).format(asDate(from))
  return date({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).formatRange(asDate(from), asDate(to))
}

/** The beginning of an interval, in full and short. An hour is told as the site's clock shows it. */
export const startText = (start, interval) => {
  if (interval == 'hour') {
    const clock = start.slice(11, 16)
    return { full: `${dayText(start)}, ${clock}`, short: clock == '00:00' ? dayText(start) : clock }
  }
  if (interval == 'month') {
    const text = date({ timeZone: 'UTC', month: 'short', year: 'numeric' }).format(asDate(start))
    return { full: text, short: text }
  }
  const text = dayText(start)
  if (interval == 'week') return { full: `Week of ${text}`, short: text }
  const weekday = date({ timeZone: 'UTC', weekday: 'short' }).format(asDate(start))
  return { full: `${weekday}, ${text}`, short: text }
}

/** A moment in the site's time zone. */
export const timeText = (time, timeZone) =>
  date({ timeZone, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(time))

/** The local day of a moment in a time zone, as the API writes days. */
export const dayIn = (timeZone, time) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(time))

/** A value of a dimension; an event without one has the empty text. */
export const valueText = (dimension, value) => {
  if (value === '') return '(none)'
  return dimension == 'channel' || dimension == 'kind' ? label(value) : value
}
