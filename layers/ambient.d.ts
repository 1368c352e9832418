declare module '*.py' {
  const text: string;
  export default text;
}
declare module '*.sql' {
  const text: string;
  export default text;
}
declare module '*.yaml' {
  const text: string;
  export default text;
}
declare module '*?raw' {
  const text: string;
  export default text;
}
/** Absolute path of the checkout; set by whoever bundles (esbuild, vitest). Not defined in Lambda bundles. */
declare const PROJECT_ROOT: string;
/** Whether what is bundled runs in the checkout; a package of the command alone does not. */
declare const HAS_CHECKOUT: boolean;
/** infrastructure/code-version.mjs of the checkout; set by whoever bundles. Not defined in Lambda bundles. */
declare const CODE_VERSION: string;
