package dev.halfrate.processor.doctor;

import java.util.List;

/** @param healthy whether nothing fails */
public record Diagnosis(boolean healthy, List<Finding> findings) {
    public static Diagnosis of(List<Finding> findings) {
        return new Diagnosis(
                findings.stream().noneMatch(finding -> finding.grade() == Grade.FAIL), List.copyOf(findings));
    }
}
