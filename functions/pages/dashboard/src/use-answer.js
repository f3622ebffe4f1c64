// An answer of the API as a part of the page: what is shown stays until its successor is there, or has failed.

import { useEffect, useState } from 'preact/hooks'

import { get } from './api.js'

const NOTHING = { data: null, error: null, of: null, asked: null }

/** The answer to an address, asked for anew when the address or `round` changes; no address is not asked. */
export const useAnswer = (address, round) => {
  const [state, setState] = useState(NOTHING)
  const asking = address && `${round} ${address}`
  useEffect(() => {
    if (!address) return setState(NOTHING)
    const controller = new AbortController()
    const { signal } = controller
    get(address, signal).then(
      data => signal.aborted || setState({ data, error: null, of: address, asked: asking }),
      // Figures of another question must not stand under this one.
      error => signal.aborted || setState(before => before.of == address
        ? { ...before, error, asked: asking }
        : { data: null, error, of: null, asked: asking })
    )
    return () => controller.abort()
  }, [asking])
  const loading = Boolean(asking) && state.asked != asking
  return { data: address ? state.data : null, error: loading ? null : state.error, of: state.of, loading }
}
