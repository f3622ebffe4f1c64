// Whether the page is as narrow as a phone.

import { useEffect, useState } from 'preact/hooks'

const NARROW = matchMedia('(max-width: 44rem)')

export const useNarrow = () => {
  const [isNarrow, setNarrow] = useState(NARROW.matches)
  useEffect(() => {
    const hear = () => setNarrow(NARROW.matches)
    NARROW.addEventListener('change', hear)
    return () => NARROW.removeEventListener('change', hear)
  }, [])
  return isNarrow
}
