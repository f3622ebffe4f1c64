// Begins: asks for a key, or shows the figures.

import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { hasKey, onSignOut, signOut } from './api.js'
import { Board } from './board.jsx'
import { SignIn } from './sign-in.jsx'

const App = () => {
  const [signedIn, setSignedIn] = useState(hasKey())
  const [reason, setReason] = useState('')
  useEffect(() => onSignOut(why => {
    setReason(why)
    setSignedIn(false)
  }), [])
  return signedIn
    ? <Board signOut={() => signOut('')} />
    : <SignIn reason={reason} done={() => setSignedIn(true)} />
}

render(<App />, document.getElementById('app'))
