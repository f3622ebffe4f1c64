// The pickers of period and comparison, and the filters that are set.

import { useEffect, useState } from 'preact/hooks'

import { label, valueText } from './format.js'
import { COMPARES, PERIODS } from './view.js'

export const Controls = ({ view, change, period, today }) => {
  const [custom, setCustom] = useState(view.period == 'custom')
  const [error, setError] = useState('')
  const [days, setDays] = useState({ from: view.from, to: view.to })
  useEffect(() => {
    setCustom(view.period == 'custom')
    setError('')
    if (view.period == 'custom') setDays({ from: view.from, to: view.to })
  }, [view.period, view.from, view.to])
  const pick = event => {
    const { value } = event.target
    if (value != 'custom') {
      setCustom(false)
      return change({ period: value, interval: '' })
    }
    setDays({ from: period?.from ?? today ?? '', to: period?.to ?? today ?? '' })
    setCustom(true)
  }
  const apply = event => {
    event.preventDefault()
    const { from, to } = days
    if (!from || !to) return setError('Give both days.')
    if (from > to) return setError('The first day is after the last.')
    setError('')
    change({ period: 'custom', from, to, interval: '' })
  }
  return (
    <form class="controls" aria-label="Period" onSubmit={apply}>
      <label>
        <span>Period</span>
        <select value={custom ? 'custom' : view.period} onChange={pick}>
          {PERIODS.map(([name, text]) => <option key={name} value={name}>{text}</option>)}
        </select>
      </label>
      {custom && (
        <>
          <label>
            <span>From</span>
            <input type="date" value={days.from} min="1990-01-01" onInput={event => setDays({ ...days, from: event.target.value })} />
          </label>
          <label>
            <span>To</span>
            <input type="date" value={days.to} min="1990-01-01" onInput={event => setDays({ ...days, to: event.target.value })} />
          </label>
          <button type="submit">Show</button>
          <p class="error" role="alert">{error}</p>
        </>
      )}
      <label>
        <span>Compare with</span>
        <select value={view.compare} onChange={event => change({ compare: event.target.value })}>
          {COMPARES.map(([name, text]) => <option key={name} value={name}>{text}</option>)}
        </select>
      </label>
    </form>
  )
}

/** The filters, each with a button that takes it away. */
export const Chips = ({ filters, change }) => {
  const set = Object.entries(filters)
  if (!set.length) return null
  const remove = (dimension, value) => {
    const left = filters[dimension].filter(each => each != value)
    const { [dimension]: _, ...others } = filters
    change({ filters: left.length ? { ...others, [dimension]: left } : others })
  }
  return (
    <ul class="chips" aria-label="Filters">
      {set.flatMap(([dimension, values]) => values.map(value => (
        <li key={`${dimension}=${value}`}>
          <span>{label(dimension)}: <b>{valueText(dimension, value)}</b></span>
          <button type="button" aria-label={`Remove the filter ${label(dimension)}: ${valueText(dimension, value)}`} onClick={() => remove(dimension, value)}>×</button>
        </li>
      )))}
      <li class="all"><button type="button" onClick={() => change({ filters: {} })}>Remove all</button></li>
    </ul>
  )
}
