// The goals, each with how far it is, how far it should be, and where it leads.

import { useState } from 'preact/hooks'

import { address, get } from './api.js'
import { Missing, Value } from './figure.jsx'
import { figure, label, NONE, percent, rangeText, roundFigure, shortRangeText } from './format.js'

const STATUS = {
  achieved: 'Achieved', on_track: 'On track', at_risk: 'At risk', off_track: 'Off track', not_started: 'Not started'
}

/** What needs somebody stands first. */
const URGENCY = ['off_track', 'at_risk', 'on_track', 'not_started', 'achieved']
const urgency = ({ status, problem }) => problem || !URGENCY.includes(status) ? URGENCY.length : URGENCY.indexOf(status)
/** The most goals that are shown unasked. */
const MOST = 5

export const Goals = ({ goals, currency, vocabulary }) => {
  const { data, loading } = goals
  const [more, setMore] = useState({ goals: [], next: undefined, of: null, error: null })
  const behind = more.of === data ? more : { goals: [], next: data?.next, error: null }
  const list = [...data?.goals ?? [], ...behind.goals].sort((left, right) => urgency(left) - urgency(right))
  const [all, setAll] = useState(false)
  const shown = all ? list : list.slice(0, MOST)
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
      {(!data || goals.error) && <Missing answer={goals} />}
      {data && (
        list.length
          ? <ul>{shown.map(each => <Goal key={each.goal.id} {...each} currency={currency} vocabulary={vocabulary} />)}</ul>
          : (
            <div class="placeholder">
              <p>No goals yet. An admin’s key makes one:</p>
              <pre tabIndex="0"><code>{`curl ${location.origin}/v1/goals \\\n  -H 'Authorization: Bearer rk_admin_...' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"name": "Sales", "metric": "sales",\n    "target": 1000, "direction": "at_least",\n    "period": {"every": "month"}}'`}</code></pre>
            </div>
          )
      )}
      {list.length > MOST && <button type="button" aria-expanded={all} onClick={() => setAll(!all)}>{all ? `Show ${MOST}` : `Show all ${list.length}${behind.next ? '+' : ''}`}</button>}
      {all && behind.next && <button type="button" onClick={load}>Show more goals</button>}
      {behind.error && <p class="error" role="alert">{behind.error.message}</p>}
    </section>
  )
}

const Goal = ({ goal, problem, currency, vocabulary, period, actual, target, share, status, reasons, expected_by_now: expected, projected }) => {
  const unit = vocabulary.unit(goal.metric)
  const text = value => figure(value, goal.metric, unit, currency)
  const atMost = goal.direction == 'at_most'
  const about = <>{label(goal.metric)}{Object.entries(goal.filters).map(([dimension, values]) => <Filter key={dimension} dimension={dimension} values={values} />)}</>
  const part = (name, value) => value === null
    ? <span title={reasons[name]}>{NONE} <small>({reasons[name]})</small></span>
    : <data value={value} title={text(value)}>{roundFigure(value, goal.metric, unit, currency)}</data>
  const isMarked = !problem && expected !== null && goal.target > 0
  const ratio = (value, of) => Math.min(1, Math.max(0, value / of))
  // What is to stay below its target may go beyond it, so the bar has room for that.
  const whole = problem ? 1 : Math.max(goal.target, atMost ? actual ?? 0 : 0)
  const reached = actual === null ? 0 : goal.target > 0 ? ratio(actual, whole) : atMost && actual > goal.target ? 1 : 0
  return (
    <li data-goal={goal.id}>
      <div class="line">
        <h3><bdi>{goal.name}</bdi></h3>
        <span class={`badge ${problem ? 'unknown' : status ?? 'unknown'}`}>{problem ? 'Not computed' : STATUS[status] ?? 'Not known yet'}</span>
      </div>
      {problem
        ? <p class="note">{problem.detail} {about}</p>
        : (
          <>
            <div class="progress" role="img"
              aria-label={`${text(actual)} of ${atMost ? 'at most ' : ''}${text(target)}${isMarked ? `, ${text(expected)} expected by now` : ''}`}>
              <i class={status ?? 'unknown'} style={{ '--part': reached }} />
              {isMarked && <b style={{ '--part': ratio(expected, whole) }} title={`expected by now: ${text(expected)}`} />}
            </div>
            <p class="stands">
              <span><strong>{part('actual', actual)}</strong> {atMost ? 'of max' : 'of'} <span title={text(goal.target)}>{roundFigure(goal.target, goal.metric, unit, currency)}</span>{share !== null && <> · <data value={share}>{percent(share)}</data></>}</span>
              {period && <span class="quiet">{shortRangeText(period)}</span>}
            </p>
            <p class="stands quiet">
              <span>expected {part('expected_by_now', expected)} · on course for {part('projected', projected)}</span>
              <span>{about}</span>
            </p>
          </>
        )}
    </li>
  )
}

/** What a goal is limited to. */
const Filter = ({ dimension, values }) => (
  <> · {label(dimension)} {values.map((value, index) => <>{index > 0 && ' or '}<Value dimension={dimension} value={value} /></>)}</>
)
