/** One look for all pages: readable in light and dark, usable by keyboard, narrow enough for a phone. */
export const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8884; --accent: light-dark(#4338ca, #a5b4fc) }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem; line-height: 1.25 }
  h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
  td:last-child, th:last-child { text-align: right; padding-right: 0 }
  label, legend { display: block; font-weight: 600; margin-top: .8rem }
  input, select { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; border: 1px solid #8888; border-radius: .4rem; background: Field; color: FieldText }
  fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .2rem 1rem 1rem }
  button { font: inherit; padding: .5rem 1.2rem; margin: .4rem .4rem 0 0; border: 1px solid #8888; border-radius: .4rem; background: ButtonFace; color: ButtonText; cursor: pointer }
  button.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #111); font-weight: 600 }
  a { color: var(--accent) }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
  ::placeholder { color: inherit; opacity: .6 }
  .row { display: flex; gap: .8rem; align-items: end } .row > * { flex: 1 } .row > button { flex: none; margin: 0 }
  .card { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; margin: .8rem 0 }
  .alert { border-left: 4px solid light-dark(#b91c1c, #f87171); padding: .5rem 1rem; background: #f871711f }
  .note { border-left: 4px solid var(--accent); padding: .5rem 1rem; background: #818cf81f }
  small { opacity: .75 }
  form.inline { display: inline }
`
