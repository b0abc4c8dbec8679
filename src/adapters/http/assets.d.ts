/** Files that the program carries with it: imported by `with { type: 'file' }`, they are a path that Bun can read. */
declare module '*/swagger-ui-bundle.js' {
  const path: string
  export default path
}
declare module '*/start.js' {
  const path: string
  export default path
}
declare module '*.css' {
  const path: string
  export default path
}
declare module '*.svg' {
  const path: string
  export default path
}
