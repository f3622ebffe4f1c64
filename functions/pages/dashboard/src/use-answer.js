// An answer of the API as a part of the page: what is shown stays until its successor is there.

import { useEffect, useRef, useState } from 'preact/hooks'

import { get } from './api.js'

/** The answer to an address, asked for anew when the address or `round` changes; no address is not asked. */
export const useAnswer = (address, round) => {
  const [state, setState] = useState({ data: null, error: null, loading: Boolean(address), of: null })
  const last = useRef()
  useEffect(() => {
    if (!address) {
      last.current = undefined
      setState({ data: null, error: null, loading: false, of: null })
      return
    }
    const controller = new AbortController()
    setState(before => ({ ...before, error: null, loading: true }))
    get(address, controller.signal).then(
      data => controller.signal.aborted || setState({ data, error: null, loading: false, of: address }),
      error => controller.signal.aborted || setState(before => ({ ...before, error, loading: false }))
    )
    return () => controller.abort()
  }, [address, round])
  return state
}
