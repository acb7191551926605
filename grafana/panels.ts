/**
 * The three kinds of panels, with everything they have in common.
 *
 * @module
 */

import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  AxisPlacement,
  GraphGradientMode,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
} from "@grafana/grafana-foundation-sdk/common";
import { ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { STATE_COLOURS } from "./choices.ts";

/** Of the 24 columns of a dashboard. */
const HALF_WIDTH = 12;
const PANEL_HEIGHT = 8;

/** Every panel and variable reads from the data source the reader chose. */
export const DATASOURCE = { type: "prometheus", uid: "$datasource" } as const;

/** Grafana's names of the units in use. */
export type Unit = "short" | "s" | "percentunit" | "bytes" | "reqps" | "cps";

/** One line, or one line per value of a label. */
export interface Target {
  readonly expr: string;
  /** `{{reason}}` prints the label. */
  readonly legend: string;
}

/** What a panel shows, and what it means at 3 a.m. */
export interface PanelText {
  readonly title: string;
  /** Whole sentences: what is normal, and where to look when it is not. */
  readonly description: string;
  readonly unit: Unit;
  readonly targets: readonly Target[];
}

/** How a graph differs from the plain one. */
export interface GraphOptions {
  readonly isStacked?: boolean;
  /** Values in the panel's unit at which the background changes. */
  readonly thresholds?: { readonly warning: number; readonly critical: number; readonly isLowBad?: boolean };
  /** In the panel's unit. */
  readonly max?: number;
}

/** Lines over time. */
export function graph(text: PanelText, options: GraphOptions = {}): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .min(0)
    .span(HALF_WIDTH)
    .height(PANEL_HEIGHT)
    .lineWidth(1)
    .fillOpacity(options.isStacked ? 30 : 8)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .axisPlacement(AxisPlacement.Auto)
    .legend(legend())
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(common.SortOrder.Descending));
  if (options.max !== undefined) panel.max(options.max);
  if (options.isStacked) panel.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal));
  if (options.thresholds !== undefined) {
    panel
      .thresholds(thresholds(options.thresholds))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  for (const target of text.targets) panel.withTarget(query(target));
  return panel;
}

/** Gives each contact state its colour, whatever the order of the series. */
export function withStateColours(panel: timeseries.PanelBuilder): timeseries.PanelBuilder {
  for (const [state, colour] of Object.entries(STATE_COLOURS)) {
    panel.overrideByName(state, [{ id: "color", value: { mode: "fixed", fixedColor: colour } }]);
  }
  return panel;
}

/** A classic histogram over time: one column per step, one row per bucket. */
export function heatmapOfBuckets(text: PanelText): heatmap.PanelBuilder {
  const panel = new heatmap.PanelBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .span(HALF_WIDTH)
    .height(PANEL_HEIGHT)
    .calculate(false)
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Auto))
    .yAxis(new heatmap.YAxisConfigBuilder().unit(text.unit))
    .cellValues(new heatmap.CellValuesBuilder().unit("short"))
    .tooltip(new heatmap.HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    // Cells without a sample stay empty instead of being painted as "few".
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9));
  for (const target of text.targets) panel.withTarget(query(target).format(PromQueryFormat.Heatmap));
  return panel;
}

function query({ expr, legend: legendFormat }: Target): DataqueryBuilder {
  return new DataqueryBuilder().datasource(DATASOURCE).expr(expr).legendFormat(legendFormat).range();
}

function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(["lastNotNull", "max"]);
}

function thresholds(at: NonNullable<GraphOptions["thresholds"]>): ThresholdsConfigBuilder {
  const steps = at.isLowBad
    ? [
        { value: null, color: "red" },
        { value: at.critical, color: "orange" },
        { value: at.warning, color: "green" },
      ]
    : [
        { value: null, color: "green" },
        { value: at.warning, color: "orange" },
        { value: at.critical, color: "red" },
      ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
