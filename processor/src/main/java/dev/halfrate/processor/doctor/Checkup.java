package dev.halfrate.processor.doctor;

import dev.halfrate.processor.ops.KafkaAnswers;
import dev.halfrate.processor.ops.StartupException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;

/** Makes checks side by side, as far as they do not need each other, each for a bounded time. */
final class Checkup {
    private final Duration limit;

    /** @param limit of each check */
    Checkup(Duration limit) {
        this.limit = limit;
    }

    /**
     * @param checks each after those that it needs
     * @param told of each finding, in the order of the checks, as soon as it and those before it are known
     */
    List<Finding> run(List<Check> checks, Consumer<Finding> told) throws InterruptedException {
        requireOrder(checks);
        var findings = new LinkedHashMap<String, CompletableFuture<Finding>>();
        for (var check : checks) {
            var before = Map.copyOf(findings);
            var finding = new CompletableFuture<Finding>();
            findings.put(check.name(), finding);
            start("check " + check.name(), () -> finding.complete(finding(check, before)));
        }
        var all = new ArrayList<Finding>();
        for (var finding : findings.values()) {
            try {
                var found = finding.get();
                all.add(found);
                told.accept(found);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return all;
    }

    private Finding finding(Check check, Map<String, CompletableFuture<Finding>> before) {
        check.after().forEach(name -> of(before, name).join());
        Optional<Finding> missing = check.needs().stream()
                .sorted()
                .map(name -> of(before, name).join())
                .filter(found -> found.grade() == Grade.FAIL || found.grade() == Grade.SKIPPED)
                .findFirst();
        var verdict = missing.map(found -> Verdict.skipped("needs '%s', see there".formatted(found.check())))
                .orElseGet(() -> verdict(check.look()));
        return Finding.of(check.name(), verdict);
    }

    /** One that waits for itself, or for one that comes later, would never end. */
    static void requireOrder(List<Check> checks) {
        var before = new HashSet<String>();
        for (var check : checks) {
            Stream.concat(check.needs().stream(), check.after().stream())
                    .filter(name -> !before.contains(name))
                    .findFirst()
                    .ifPresent(name -> {
                        throw new IllegalArgumentException(
                                "no check before '%s' is named '%s'".formatted(check.name(), name));
                    });
            before.add(check.name());
        }
    }

    private static CompletableFuture<Finding> of(Map<String, CompletableFuture<Finding>> before, String name) {
        return Objects.requireNonNull(before.get(name), name);
    }

    private Verdict verdict(Check.Look look) {
        var task = new FutureTask<>(look::look);
        start("look", task);
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            task.cancel(true);
            return Verdict.fail(
                    "no answer within %d s".formatted(limit.toSeconds()),
                    "look at the network and at the load of the other side, then try again");
        } catch (ExecutionException e) {
            return unexpected(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException _) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            return Verdict.skipped("interrupted");
        }
    }

    /** Of others' exceptions only the name: their messages may quote anything. */
    private static Verdict unexpected(Throwable thrown) {
        return switch (thrown) {
            case StartupException _ -> Verdict.fail(String.valueOf(thrown.getMessage()));
            case KafkaException _ ->
                Verdict.fail(
                        "Kafka does not tell: " + KafkaAnswers.root(thrown).getMessage(),
                        "try again; if it stays so, look into the brokers' logs");
            default ->
                Verdict.fail(
                        "could not be looked into: " + thrown.getClass().getSimpleName(),
                        "this is a defect: report it, with what `halfrate version` prints");
        };
    }

    private static void start(String name, Runnable work) {
        // Platform threads: looking up a host name may hold one for long.
        Thread.ofPlatform().daemon().name(name).start(work);
    }
}
