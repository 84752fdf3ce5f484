package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Instance;
import dev.halfrate.processor.provider.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Looks into everything that the service rests on, with the service's own configuration, login and keys. */
public final class Doctor {
    /** Longer than what is asked of others may take by itself. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final String KAFKA = "kafka";
    private static final String ACCOUNT = "account ";
    private static final String NEXT_START = "next start";

    private final HalfrateConfig config;
    private final Path file;
    private final Vendors vendors;

    private Doctor(HalfrateConfig config, Path file, Vendors vendors) {
        this.config = config;
        this.file = file;
        this.vendors = vendors;
    }

    /** Who speaks to an account's vendor. */
    @FunctionalInterface
    public interface Vendors {
        /** @param organization whose the account is known to be, empty if that is not known */
        Provider of(AccountConfig account, String organization);
    }

    /**
     * Takes well under a minute, whatever is down.
     *
     * @param file that the configuration was read from
     * @param told of each finding as soon as it and those before it are known
     */
    public static Diagnosis examine(HalfrateConfig config, Path file, Vendors vendors, Consumer<Finding> told)
            throws InterruptedException {
        try (var cluster = new Cluster(config)) {
            var checks = new Doctor(config, file, vendors).checks(cluster);
            return Diagnosis.of(new Checkup(LIMIT).run(checks, told));
        }
    }

    /** @return characters of the longest name of a check */
    public static int checkWidth(HalfrateConfig config) {
        return config.accounts().stream()
                .mapToInt(account -> ACCOUNT.length() + account.name().length())
                .reduce("transaction.version".length(), Math::max);
    }

    /** @return what is to be said of a configuration that cannot be read */
    public static Finding unreadable(String message) {
        return new Finding(
                Grade.FAIL, "configuration", message, List.of("correct the file; docs/configuration.md has every key"));
    }

    private List<Check> checks(Cluster cluster) {
        var stateDir = config.stateDir();
        var checks = new ArrayList<>(List.of(
                Check.of("configuration", () -> SecretFilesCheck.look(file)),
                Check.of("memory", MachineCheck::memory),
                Check.of("open files", MachineCheck::openFiles),
                Check.of("state directory", () -> StateDirCheck.look(stateDir)),
                Check.of(
                        "disk",
                        () -> StateDirCheck.room(stateDir, config.ledger().spoolBytesMax())),
                Check.of(
                        "admin port",
                        () -> PortsCheck.look(
                                "admin", config.admin().host(), config.admin().port(), isInUse())),
                Check.of(
                        "webhooks port",
                        () -> PortsCheck.look(
                                "webhooks",
                                config.webhooks().host(),
                                config.webhooks().port(),
                                isInUse())),
                Check.of(KAFKA, () -> KafkaCheck.look(cluster)),
                Check.of("brokers", () -> KafkaCheck.brokers(cluster)).needing(KAFKA),
                Check.of("transaction.version", () -> ClusterCheck.transactions(cluster))
                        .needing(KAFKA),
                Check.of("broker settings", () -> ClusterCheck.settings(cluster))
                        .needing(KAFKA),
                Check.of("topics", () -> TopicsCheck.look(cluster)).needing(KAFKA),
                Check.of("replicas", () -> TopicsCheck.replicas(cluster)).needing(KAFKA),
                Check.of("rights", () -> RightsCheck.look(cluster)).needing(KAFKA)));
        var nextStart = new NextStartCheck();
        checks.add(Check.of(NEXT_START, () -> nextStart.look(cluster)).needing(KAFKA));
        checks.add(Check.of("transactions", () -> NextStartCheck.transactions(cluster))
                .needing(KAFKA));
        checks.add(Check.of("schema registry", () -> RegistryCheck.look(config)));
        var accounts = new AccountCheck(vendors);
        var names = new HashSet<String>();
        for (var account : config.accounts()) {
            var name = ACCOUNT + account.name();
            names.add(name);
            checks.add(Check.of(
                            name,
                            () -> accounts.look(
                                    account, nextStart.organizations().getOrDefault(account.name(), "")))
                    .after(Set.of(NEXT_START)));
        }
        checks.add(Check.of("clock", () -> ClockCheck.judge(accounts.skews())).after(names));
        return checks;
    }

    private boolean isInUse() {
        try {
            return Instance.isInUse(config.stateDir());
        } catch (IOException _) {
            return false;
        }
    }
}
