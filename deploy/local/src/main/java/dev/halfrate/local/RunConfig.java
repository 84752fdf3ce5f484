package dev.halfrate.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StartupException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Writes a configuration as the file from which `run` reads the very same one. */
final class RunConfig {
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .build());

    private RunConfig() {}

    /** @return the file; the accounts' keys are in files next to it */
    static Path write(HalfrateConfig config, Path directory) {
        var file = directory.resolve("halfrate.yaml");
        try {
            for (var account : config.accounts()) {
                Files.writeString(keyFile(account, directory), account.key().reveal());
            }
            Files.writeString(file, YAML.writeValueAsString(tree(config, directory)));
            return file;
        } catch (IOException e) {
            throw new StartupException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static Path keyFile(AccountConfig account, Path directory) {
        return directory.resolve(account.name() + ".key");
    }

    private static Map<String, Object> tree(HalfrateConfig config, Path directory) {
        var topics = config.topics();
        var lanes = config.lanes();
        var ledger = config.ledger();
        var tree = new LinkedHashMap<String, Object>();
        tree.put("application", config.application());
        tree.put("state-dir", config.stateDir().toString());
        tree.put("kafka", config.kafka());
        tree.put(
                "topics",
                section(
                        "requests", topics.requests(),
                        "results", topics.results(),
                        "result-parts", topics.resultParts(),
                        "batches", topics.batches(),
                        "dead-letters", topics.deadLetters(),
                        "diagnostics", topics.diagnostics(),
                        "lane-inbox", topics.laneInbox(),
                        "work", topics.work(),
                        "ledger", topics.ledger(),
                        "create", topics.create(),
                        "partitions", topics.partitions(),
                        "replication-factor", topics.replicationFactor()));
        tree.put(
                "requests",
                section(
                        "ttl", Durations.format(config.requests().ttl()),
                        "line-bytes-max", config.requests().lineBytesMax()));
        tree.put(
                "accounts",
                config.accounts().stream()
                        .map(account -> account(account, directory))
                        .toList());
        tree.put(
                "lanes",
                section(
                        "requests-max", lanes.requestsMax(),
                        "bytes-max", lanes.bytesMax(),
                        "tokens-max", lanes.tokensMax(),
                        "age-max", Durations.format(lanes.ageMax()),
                        "requests-min", lanes.requestsMin(),
                        "below-min", lanes.belowMin().name().toLowerCase(Locale.ROOT),
                        "below-min-age-max", Durations.format(lanes.belowMinAgeMax()),
                        "batches-in-flight-max", lanes.batchesInFlightMax(),
                        "duplicates-horizon", Durations.format(lanes.duplicatesHorizon()),
                        "duplicates-max", lanes.duplicatesMax()));
        tree.put(
                "ledger",
                section(
                        "poll-delays",
                                ledger.pollDelays().stream()
                                        .map(Durations::format)
                                        .toList(),
                        "poll-jitter", ledger.pollJitter(),
                        "create-timeout", Durations.format(ledger.createTimeout()),
                        "quiesce-margin", Durations.format(ledger.quiesceMargin()),
                        "listings-apart", Durations.format(ledger.listingsApart()),
                        "running-max", Durations.format(ledger.runningMax()),
                        "sweep-every", Durations.format(ledger.sweepEvery()),
                        "doubts-max", ledger.doubtsMax(),
                        "item-attempts-max", ledger.itemAttemptsMax(),
                        "item-retry-delays",
                                ledger.itemRetryDelays().stream()
                                        .map(Durations::format)
                                        .toList(),
                        "probe-interval", Durations.format(ledger.probeInterval()),
                        "retry-delay-max", Durations.format(ledger.retryDelayMax()),
                        "hedge-margin", Durations.format(ledger.hedgeMargin()),
                        "stop-wait", Durations.format(ledger.stopWait()),
                        "spool-bytes-max", ledger.spoolBytesMax()));
        tree.put("admin", section("port", config.admin().port()));
        if (config.schemaRegistry().isThere()) {
            tree.put(
                    "schema-registry",
                    section(
                            "urls",
                            config.schemaRegistry().urls().stream()
                                    .map(URI::toString)
                                    .toList()));
        }
        return tree;
    }

    private static Map<String, Object> account(AccountConfig account, Path directory) {
        return section(
                "name", account.name(),
                "provider", account.provider(),
                "base-url", account.baseUrl().toString(),
                "key", Map.of("file", keyFile(account, directory).toString()),
                "pool", account.pool(),
                "models", account.models(),
                "topics", account.topics(),
                "completion-window", account.completionWindow(),
                "requests-in-flight-max", account.requestsInFlightMax());
    }

    private static Map<String, Object> section(Object... keysAndValues) {
        var section = new LinkedHashMap<String, Object>();
        for (var i = 0; i < keysAndValues.length; i += 2) {
            section.put(keysAndValues[i].toString(), keysAndValues[i + 1]);
        }
        return section;
    }
}
