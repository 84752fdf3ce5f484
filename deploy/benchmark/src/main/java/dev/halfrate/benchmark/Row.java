package dev.halfrate.benchmark;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of the table.
 *
 * @param measure its name, as {@code --only} takes it
 * @param what was measured, for a reader
 * @param unit of both series, such as {@code requests/s}
 * @param ours of the processor
 * @param baseline beside it; null if the goal is an absolute figure
 * @param against what the baseline is; empty if there is none
 * @param goal of the ratio of both medians, or of our median
 * @param cost of ours and, if there is one, of the baseline
 */
public record Row(
        String measure,
        String what,
        String unit,
        Series ours,
        @Nullable Series baseline,
        String against,
        Goal goal,
        List<Cost> cost) {
    public Row {
        cost = List.copyOf(cost);
    }

    /** @return ratio of the medians, or our median */
    public double figure() {
        return baseline == null ? ours.median() : ours.median() / baseline.median();
    }

    public boolean isMet() {
        return goal.isMet(figure());
    }

    /**
     * What is to be reached.
     *
     * @param atLeast more is better; otherwise less is
     */
    public record Goal(boolean atLeast, double must, double aim) {
        public static Goal atLeast(double must, double aim) {
            return new Goal(true, must, aim);
        }

        public static Goal atMost(double must, double aim) {
            return new Goal(false, must, aim);
        }

        boolean isMet(double figure) {
            return atLeast ? figure >= must : figure <= must;
        }

        boolean isAimMet(double figure) {
            return atLeast ? figure >= aim : figure <= aim;
        }
    }

    /**
     * What a process used.
     *
     * @param of whom
     * @param processorSeconds median of the rounds; 0 if it was not looked at
     * @param peakMegabytes resident, over its whole life
     */
    public record Cost(String of, double processorSeconds, long peakMegabytes) {}
}
