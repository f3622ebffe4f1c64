// The pickers of period and comparison, and the filters that are set.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

import { Value } from './figure.jsx'
import { label } from './format.js'
import { COMPARES, isDay, isTooLong, MOST_MONTHS, PERIODS } from './view.js'

const [FIRST, LAST] = ['1990-01-01', '2100-12-31']

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
    if (![from, to].every(day => isDay(day) && day >= FIRST && day <= LAST)) return setError('The years go from 1990 to 2100.')
    if (from > to) return setError('The first day is after the last.')
    if (isTooLong(days)) return setError(`At most ${MOST_MONTHS} months can be shown.`)
    setError('')
    change({ period: 'custom', from, to, interval: '' })
  }
  return (
    <form class="controls" aria-label="Period" onSubmit={apply} noValidate>
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
            <input type="date" value={days.from} min={FIRST} max={LAST} onInput={event => setDays({ ...days, from: event.target.value })} />
          </label>
          <label>
            <span>To</span>
            <input type="date" value={days.to} min={FIRST} max={LAST} onInput={event => setDays({ ...days, to: event.target.value })} />
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
  const list = useRef()
  const next = useRef(null)
  // The button that was pressed is gone; its neighbour takes the focus.
  useLayoutEffect(() => {
    if (next.current === null) return
    const buttons = list.current?.querySelectorAll('li:not(.all) button') ?? []
    buttons[Math.min(next.current, buttons.length - 1)]?.focus()
    next.current = null
  })
  if (!set.length) return null
  const remove = (dimension, value, place) => {
    next.current = place
    const left = filters[dimension].filter(each => each != value)
    const { [dimension]: _, ...others } = filters
    change({ filters: left.length ? { ...filters, [dimension]: left } : others })
  }
  return (
    <ul class="chips" aria-label="Filters" ref={list}>
      {set.flatMap(([dimension, values]) => values.map(value => [dimension, value])).map(([dimension, value], place) => (
        <li key={`${dimension}=${value}`}>
          <span class="chip">{label(dimension)}: <b><Value dimension={dimension} value={value} /></b></span>
          <button type="button" onClick={() => remove(dimension, value, place)}>
            <span aria-hidden="true">×</span>
            <span class="hidden">Remove the filter {label(dimension)}: <Value dimension={dimension} value={value} /></span>
          </button>
        </li>
      ))}
      <li class="all"><button type="button" onClick={() => change({ filters: {} })}>Remove all</button></li>
    </ul>
  )
}
