package dev.halfrate.benchmark;

import java.util.List;
import java.util.Locale;

/** Draws rows as SVG. */
final class Plot {
    private static final int ROW = 34;
    private static final int LEFT = 780;
    private static final int WIDTH = 400;
    private static final int TOP = 40;
    /** Share of the width at which the goal stands; what is beyond its double is cut off. */
    private static final double GOAL_AT = 0.5;

    private Plot() {}

    /** @return a bar for each row, all scaled so that their goals stand on one line; green where they are reached */
    static String ratios(List<Row> rows) {
        var height = TOP + rows.size() * ROW + 20;
        var goalX = LEFT + GOAL_AT * WIDTH;
        var svg = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">
                <rect width="100%%" height="100%%" fill="#ffffff"/>
                <text x="%.0f" y="24" text-anchor="middle" fill="#555">≤ must | ≥ must</text>
                """.formatted(LEFT + WIDTH + 120, height, goalX));
        for (var i = 0; i < rows.size(); i++) {
            svg.append(bar(rows.get(i), TOP + i * ROW));
        }
        svg.append("""
                <line x1="%1$.0f" x2="%1$.0f" y1="30" y2="%2$d" stroke="#333" stroke-dasharray="4 3"/>
                """.formatted(goalX, height - 12));
        for (var i = 0; i < rows.size(); i++) {
            svg.append(text(rows.get(i), TOP + i * ROW));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String bar(Row row, int y) {
        return String.format(Locale.ROOT, """
                <rect x="%d" y="%d" width="%.1f" height="18" fill="%s"/>
                """, LEFT, y + 4, length(row), row.isMet() ? "#2e7d32" : "#c62828");
    }

    private static String text(Row row, int y) {
        return String.format(
                Locale.ROOT,
                """
                <text x="%d" y="%d" text-anchor="end">%s</text>
                <text x="%.1f" y="%d" stroke="#ffffff" stroke-width="4" paint-order="stroke">%.3g (%s %.3g)</text>
                """,
                LEFT - 10,
                y + 18,
                row.what().replace("&", "&amp;").replace("<", "&lt;"),
                LEFT + length(row) + 6,
                y + 18,
                row.figure(),
                row.goal().atLeast() ? "≥" : "≤",
                row.goal().must());
    }

    private static double length(Row row) {
        return Math.min(2, row.figure() / row.goal().must()) * GOAL_AT * WIDTH;
    }
}
