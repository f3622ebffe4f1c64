// The goals, each with how far it is, how far it should be, and where it leads.

import { useState } from 'preact/hooks'

import { address, get } from './api.js'
import { figure, label, percent, rangeText, valueText } from './format.js'

const STATUS = {
  achieved: 'Achieved', on_track: 'On track', at_risk: 'At risk', off_track: 'Off track', not_started: 'Not started'
}

export const Goals = ({ goals, currency, vocabulary }) => {
  const { data, loading } = goals
  const [more, setMore] = useState({ goals: [], next: undefined, of: null, error: null })
  const behind = more.of === data ? more : { goals: [], next: data?.next, error: null }
  const list = [...data?.goals ?? [], ...behind.goals]
  const load = async () => {
    try {
      const page = await get(address('/v1/goals/progress', { cursor: behind.next }), new AbortController().signal)
      setMore({ of: data, goals: [...behind.goals, ...page.goals], next: page.next, error: null })
    } catch (error) {
      setMore({ ...behind, of: data, error })
    }
  }
  return (
    <section class="panel goals" aria-labelledby="goals-title" aria-busy={loading}>
      <header><h2 id="goals-title">Goals</h2>{data && <p class="note">as of {rangeText({ from: data.on, to: data.on })}</p>}</header>
      {!data
        ? <p class="placeholder">{loading ? 'Loading …' : 'Not loaded.'}</p>
        : list.length
          ? <ul>{list.map(each => <Goal key={each.goal.id} {...each} currency={currency} vocabulary={vocabulary} />)}</ul>
          : (
            <div class="placeholder">
              <p>No goals yet. An admin’s key makes one:</p>
              <pre tabIndex="0"><code>{`curl ${location.origin}/v1/goals \\\n  -H 'Authorization: Bearer rk_admin_...' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"name": "Sales", "metric": "sales",\n    "target": 1000, "direction": "at_least",\n    "period": {"every": "month"}}'`}</code></pre>
            </div>
          )}
      {behind.next && <button type="button" onClick={load}>Show more goals</button>}
      {behind.error && <p class="error" role="alert">{behind.error.message}</p>}
    </section>
  )
}

const Goal = ({ goal, problem, currency, vocabulary, period, actual, target, share, status, reasons, ...known }) => {
  const unit = vocabulary.unit(goal.metric)
  const text = value => figure(value, goal.metric, unit, currency)
  const filters = Object.entries(goal.filters).map(([dimension, values]) => `${label(dimension)} ${values.map(value => valueText(dimension, value)).join(' or ')}`)
  const wanted = `${goal.direction == 'at_most' ? 'at most' : 'at least'} ${text(goal.target)}`
  const part = (name, value) => value === null ? <span title={reasons[name]}>–<span class="hidden"> {reasons[name]}</span></span> : <data value={value}>{text(value)}</data>
  const { expected_by_now: expected, projected } = known
  const isMarked = !problem && expected !== null && goal.target > 0
  const ratio = (value, of) => Math.min(1, Math.max(0, value / of))
  // What is to stay below its target may go beyond it, so the bar has room for that.
  const whole = problem ? 1 : Math.max(goal.target, goal.direction == 'at_most' ? actual ?? 0 : 0)
  return (
    <li data-goal={goal.id}>
      <div class="line">
        <h3>{goal.name}</h3>
        <span class={`badge ${problem ? 'unknown' : status ?? 'unknown'}`}>{problem ? 'Not computed' : STATUS[status] ?? 'Not known yet'}</span>
      </div>
      {problem
        ? <p class="note">{problem.detail}</p>
        : (
          <>
            <div class="progress" role="img"
              aria-label={`${text(actual)} of ${text(target)}${isMarked ? `, ${text(expected)} expected by now` : ''}`}>
              <i class={status ?? 'unknown'} style={{ '--part': goal.target > 0 && actual !== null ? ratio(actual, whole) : 0 }} />
              {isMarked && <b style={{ '--part': ratio(expected, whole) }} title={`expected by now: ${text(expected)}`} />}
            </div>
            <p class="stands"><strong>{part('actual', actual)}</strong> of {wanted}{share !== null && <> · <data value={share}>{percent(share)}</data></>}</p>
            <dl>
              <div><dt>Expected by now</dt><dd>{part('expected_by_now', expected)}</dd></div>
              <div><dt>Projected</dt><dd>{part('projected', projected)}</dd></div>
            </dl>
            {projected === null && reasons.projected && <p class="note">No projection: {reasons.projected}.</p>}
          </>
        )}
      <p class="note">{label(goal.metric)}{filters.length > 0 && <> of {filters.join(', ')}</>}{period && <>, {rangeText(period)}</>}</p>
    </li>
  )
}
