/**
 * The rules of Grafana's dashboard linter, as far as they apply: each returns what breaks it.
 *
 * @module
 */

/** The part of a dashboard (schema v1) that the rules look at. */
export interface DashboardModel {
  readonly editable?: boolean;
  readonly templating?: { readonly list?: readonly VariableModel[] };
  readonly panels?: readonly PanelModel[];
}

/** A variable the reader can set. */
export interface VariableModel {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  /** 2: when the time range changes. */
  readonly refresh?: number;
  readonly datasource?: { readonly uid?: string };
}

/** A panel or, with `type: "row"`, a headline. */
export interface PanelModel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly uid?: string };
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
  readonly targets?: readonly TargetModel[];
}

interface TargetModel {
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly refId?: string;
  readonly datasource?: { readonly uid?: string };
}

const DATASOURCE_UID = "$datasource";
/** Grafana refreshes a variable when the time range changes. */
const ON_TIME_RANGE_CHANGED = 2;
const RANGE_FUNCTIONS = /\b(rate|irate|increase|delta|changes|resets)\([^[\]]*\[([^\]]*)\]/g;
const SELECTOR = /\b([a-z_:][a-z0-9_:]*)\{([^}]*)\}/g;

/** Everything that breaks a rule, in the order of the dashboard. */
export function brokenRules(dashboard: DashboardModel, knownUnits: readonly string[]): readonly string[] {
  const variables = dashboard.templating?.list ?? [];
  const panels = (dashboard.panels ?? []).filter(({ type }) => type !== "row");
  return [
    ...when(dashboard.editable !== false, "the dashboard must not be editable"),
    ...datasourceRules(variables),
    ...["job", "instance"].flatMap((name) =>
      when(!variables.some((variable) => variable.name === name), `variable ${name} is missing`),
    ),
    ...variables.filter(({ type }) => type === "query").flatMap(variableRules),
    ...panels.flatMap((panel) => panelRules(panel, knownUnits)),
    ...overlaps(dashboard.panels ?? []),
  ];
}

function datasourceRules(variables: readonly VariableModel[]): readonly string[] {
  const found = variables.filter(({ type }) => type === "datasource");
  const isRight = found.length === 1 && found[0]?.name === "datasource" && found[0].label === "Data Source";
  return when(!isRight, 'there must be one data source variable, "datasource", labelled "Data Source"');
}

function variableRules(variable: VariableModel): readonly string[] {
  const at = (text: string): string => `variable ${variable.name}: ${text}`;
  return [
    ...when(variable.datasource?.uid !== DATASOURCE_UID, at("must use $datasource")),
    ...when(!variable.label, at("needs a label")),
    ...when(variable.multi !== true || variable.includeAll !== true, at("must allow several values and all")),
    ...when(variable.allValue !== ".+", at("allValue must be .+")),
    ...when(variable.refresh !== ON_TIME_RANGE_CHANGED, at("must refresh when the time range changes")),
  ];
}

function panelRules(panel: PanelModel, knownUnits: readonly string[]): readonly string[] {
  const at = (text: string): string => `panel "${panel.title ?? ""}": ${text}`;
  const unit = panel.fieldConfig?.defaults?.unit;
  const targets = panel.targets ?? [];
  return [
    ...when(!panel.title, at("needs a title")),
    ...when(!panel.description, at("needs a description")),
    ...when(panel.datasource?.uid !== DATASOURCE_UID, at("must use $datasource")),
    ...when(unit === undefined || !knownUnits.includes(unit), at(`unit ${unit} is not one of Grafana's`)),
    ...when(targets.length === 0, at("has no query")),
    ...targets.flatMap((target) => targetRules(target).map(at)),
  ];
}

function targetRules({ expr = "", legendFormat, datasource }: TargetModel): readonly string[] {
  const selectors = [...expr.matchAll(SELECTOR)].map(([, name = "", matchers = ""]) => ({ name, matchers }));
  const inRange = [...expr.matchAll(RANGE_FUNCTIONS)];
  const ranged = inRange.map(([call]) => call).join(" ");
  return [
    ...when(selectors.length === 0, `${expr} selects nothing`),
    ...when(!legendFormat, `${expr} needs a legend`),
    ...when(datasource?.uid !== DATASOURCE_UID, `${expr} must use $datasource`),
    ...inRange.flatMap(([call, , range]) => when(range !== "$__rate_interval", `${call} must use $__rate_interval`)),
    ...selectors.flatMap(({ name, matchers }) => [
      ...when(!matchers.includes('job=~"$job"'), `${name} needs job=~"$job"`),
      ...when(!matchers.includes('instance=~"$instance"'), `${name} needs instance=~"$instance"`),
      ...when(/_(total|count|sum|bucket)$/.test(name) && !ranged.includes(`${name}{`), `${name} needs rate()`),
    ]),
  ];
}

/** Grafana moves panels that overlap, and then the order is not ours any more. */
function overlaps(panels: readonly PanelModel[]): readonly string[] {
  return panels.flatMap((one, index) =>
    panels
      .slice(index + 1)
      .filter((other) => isOverlapping(one, other))
      .map((other) => `panel "${one.title}" overlaps "${other.title}"`),
  );
}

function isOverlapping({ gridPos: a }: PanelModel, { gridPos: b }: PanelModel): boolean {
  if (a === undefined || b === undefined) return true;
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

const when = (isBroken: boolean, text: string): readonly string[] => (isBroken ? [text] : []);
