// A shop's figures, the same for the same day: what its channels and campaigns brought in the 75 days up to it.

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
const chance = seed => () => {
  seed = seed + 0x6d2b79f5 | 0
  let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed)
  mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
  return ((mixed ^ mixed >>> 14) >>> 0) / 4_294_967_296
}

/** A campaign whose name is what somebody might wish to run in a reader's page. */
export const HOSTILE = '<img src=x onerror="document.title=\'taken\'">'

/** Source, medium, campaign, visits a day, sales per visit, value of a sale, spend per visit. */
const CAMPAIGNS = [
  ['google', 'cpc', 'brand', 210, 0.046, 64, 0.42],
  ['google', 'cpc', 'shoes-de', 170, 0.027, 71, 0.88],
  ['bing', 'cpc', 'shoes-de', 45, 0.024, 69, 0.7],
  ['facebook', 'paid_social', 'spring-lookalike', 190, 0.014, 58, 0.51],
  ['instagram', 'paid_social', 'creators', 120, 0.011, 49, 0.47],
  ['newsletter', 'email', 'weekly', 95, 0.051, 73, 0],
  ['newsletter', 'email', 'win-back', 30, 0.062, 55, 0],
  ['ada', 'affiliate', 'ada-reviews', 60, 0.033, 66, 0.9],
  ['google', 'organic', '', 260, 0.021, 62, 0],
  ['duckduckgo', 'organic', '', 24, 0.018, 60, 0],
  ['partner-blog', 'referral', '', 38, 0.016, 57, 0],
  ['youtube', 'cpc', HOSTILE, 52, 0.008, 61, 0.55]
]
const COUNTRIES = ['DE', 'AT', 'CH', 'NL']
const DEVICES = ['mobile', 'desktop', 'tablet']

/** The events of the days up to `today`, sorted by time; those of today before `now`. */
export const demoEvents = now => {
  const random = chance(20_261_123)
  const events = []
  const midnight = Date.parse(`${now.toISOString().slice(0, 10)}T00:00:00Z`)
  for (let age = 74; age >= 0; age -= 1) {
    const day = new Date(midnight - age * 86_400_000)
    const date = day.toISOString().slice(0, 10)
    const weekend = [0, 6].includes(day.getUTCDay()) ? 0.72 : 1
    const growth = 1 - age * 0.0045
    CAMPAIGNS.forEach(([source, medium, campaign, visits, rate, value, spend], index) => {
      const hour = [7, 12, 19][index % 3]
      const noise = 0.8 + random() * 0.4
      const seen = Math.round(visits * weekend * growth * noise)
      const sold = Math.round(seen * rate * (0.75 + random() * 0.5))
      const [country, device] = [COUNTRIES[index % 4], DEVICES[index % 3]]
      const event = (kind, minute, more) => events.push({
        id: `${date}-${index}-${kind}`, kind, occurred_at: `${date}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00Z`,
        utm: { source, medium, ...campaign && { campaign } }, country, device, ...more
      })
      event('view', 0, { count: seen })
      if (spend) {
        event('impression', 0, { count: seen * 31 })
        event('click', 0, { count: Math.round(seen * 1.06) })
        event('spend', 1, { value: (seen * spend).toFixed(2) })
      }
      if (sold) event('sale', 2, { count: sold, value: (sold * value * (0.9 + random() * 0.2)).toFixed(2) })
      if (index == 8 && seen > 200) event('refund', 3, { value: '49.90', name: 'returned' })
      if (index % 5 == 0) event('lead', 3, { count: 1 + Math.round(seen / 90), name: 'newsletter-form' })
    })
  }
  return events.filter(({ occurred_at }) => Date.parse(occurred_at) < now.getTime())
    .sort((left, right) => left.occurred_at.localeCompare(right.occurred_at))
}

const addDays = (date, days) => new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

/** Goals around a day: one that is reached, one behind, one that must not be exceeded. */
export const demoGoals = now => {
  const today = now.toISOString().slice(0, 10)
  const around = { from: addDays(today, -20), to: addDays(today, 9) }
  return [
    { name: 'Sales of the season', metric: 'sales', target: 930, direction: 'at_least', period: around },
    { name: 'Revenue by e-mail', metric: 'revenue', target: '11000', direction: 'at_least', period: around, filters: { channel: ['email'] } },
    { name: 'Cost per acquisition', metric: 'cpa', target: '15.50', direction: 'at_most', period: around },
    { name: 'Spend', metric: 'spend', target: '11500', direction: 'at_most', period: around }
  ]
}
