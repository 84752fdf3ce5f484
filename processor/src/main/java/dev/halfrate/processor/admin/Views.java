package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.processor.ops.StatusDesk;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Supplier;

/**
 * What there is to look at.
 *
 * @param reasons why this process is not ready; none if it is
 * @param scrape its metrics in Prometheus' text format
 * @param meters the same for us
 */
public record Views(
        HalfrateConfig config,
        Supplier<List<String>> reasons,
        Supplier<String> scrape,
        MeterRegistry meters,
        Holdings holdings,
        AuditTrail audits,
        StatusDesk status,
        RequestSearch requests,
        Commands commands) {}
