/**
 * The style sheet of the admin page.
 *
 * @module
 */

/** Text from the network is isolated (`unicode-bidi`), so that a right-to-left override stays inside its cell. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: #8884; --bar: #2f81f7; --good: #2da44e; --bad: #d1242f; --dim: #8c959f; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
.dim { color: var(--dim); }
#trouble { color: var(--bad); font-weight: 600; }
#tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin-top: 1rem; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
.tile b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.reachable b { color: var(--good); }
.unreachable b { color: var(--bad); }
#histogram { display: flex; align-items: flex-end; gap: 3px; height: 12rem; border-bottom: 1px solid var(--line); }
.bucket { flex: 1; display: flex; flex-direction: column; justify-content: flex-end; height: 100%; text-align: center; }
.bucket i { display: block; background: var(--bar); min-height: 0; border-radius: 2px 2px 0 0; transition: height .4s; }
.bucket span { font-size: .7rem; color: var(--dim); font-variant-numeric: tabular-nums; }
#bounds { display: flex; gap: 3px; font-size: .7rem; color: var(--dim); text-align: center; }
#bounds span { flex: 1; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin-bottom: .5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { unicode-bidi: isolate; max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
td.number, th.number { text-align: right; }
td.unreachable { color: var(--bad); }
td.reachable { color: var(--good); }
`;
