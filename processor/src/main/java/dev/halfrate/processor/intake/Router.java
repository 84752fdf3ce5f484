package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Mode;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.LaneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the lane of a request: that of the account that its headers name, or else of the first account that takes its
 * model, if that account can batch it. In either case it must be one that takes the request's topic: who may write to
 * a topic is how an operator says who may spend on which account.
 */
final class Router {
    private final List<Candidate> candidates;

    /** @param capabilities of every account, by its name */
    Router(HalfrateConfig config, Map<String, Capabilities> capabilities) {
        candidates = config.accounts().stream()
                .map(account -> Candidate.of(config, account, capabilities.get(account.name())))
                .toList();
    }

    /**
     * What decides where requests go, beside their size.
     *
     * @param topic that they were read from
     */
    record Asked(String topic, String url, String model, Wishes wishes) {}

    /** Where requests go that ask alike. */
    @FunctionalInterface
    interface Destination {
        Route of(int bodyBytes);
    }

    Destination destination(Asked asked) {
        var wishes = asked.wishes();
        return candidates.stream()
                .filter(candidate -> candidate.account().takesTopic(asked.topic()))
                .filter(candidate -> wishes.account().isEmpty()
                        ? candidate.account().takesModel(asked.model())
                        : candidate.account().name().equals(wishes.account()))
                .findFirst()
                .map(candidate -> candidate.destination(asked))
                .orElseGet(() -> closed(new Route.Closed(
                        null,
                        Rejection.NO_ACCOUNT,
                        wishes.account().isEmpty()
                                ? noAccount(asked.topic(), asked.model())
                                : noSuchAccount(asked.topic(), wishes.account()))));
    }

    private static Destination closed(Route.Closed route) {
        return _ -> route;
    }

    /** @return pools of all accounts that may have taken a request of the topic, or of the one that is named */
    List<String> pools(String topic, String account) {
        return accounts()
                .filter(each -> each.takesTopic(topic)
                        && (account.isEmpty() || each.name().equals(account)))
                .map(AccountConfig::pool)
                .distinct()
                .toList();
    }

    private String noSuchAccount(String topic, String name) {
        var names = names(topic);
        return accounts().anyMatch(account -> account.name().equals(name))
                ? "header %s: account '%s' takes no requests of topic %s, those that do are %s"
                        .formatted(Wishes.ACCOUNT, name, topic, names)
                : "header %s: no account is named '%s', there are %s".formatted(Wishes.ACCOUNT, name, names);
    }

    private String noAccount(String topic, String model) {
        var taken = accounts()
                .filter(account -> account.takesTopic(topic))
                .map(account -> account.name() + " takes " + String.join(", ", account.models()))
                .collect(Collectors.joining("; "));
        return accounts().anyMatch(account -> !account.takesTopic(topic))
                ? "no account that takes requests of topic %s takes model '%s': %s".formatted(topic, model, taken)
                : "no account takes model '%s': %s".formatted(model, taken);
    }

    private String names(String topic) {
        return accounts()
                .filter(account -> account.takesTopic(topic))
                .map(AccountConfig::name)
                .collect(Collectors.joining(", "));
    }

    private Stream<AccountConfig> accounts() {
        return candidates.stream().map(Candidate::account);
    }

    /** Where a request goes. */
    sealed interface Route {
        /**
         * @param mode as it is wished, or else as the account has it
         * @param lineBytes of the encoded upstream line
         */
        record Open(String pool, LaneId lane, Mode mode, int lineBytes) implements Route {}

        /**
         * @param account null if none takes the request
         * @param message says what to change
         */
        record Closed(@Nullable AccountConfig account, Rejection rejection, String message) implements Route {}
    }

    /** An account and the longest line that fits into one of its batches. */
    private record Candidate(AccountConfig account, Capabilities capabilities, long lineBytesMax, Set<String> ownTags) {
        static Candidate of(HalfrateConfig config, AccountConfig account, @Nullable Capabilities capabilities) {
            if (capabilities == null) {
                throw new IllegalArgumentException("no capabilities for account " + account.name());
            }
            // A line that no batch has room for could never be sealed.
            var batchBytesMax = Math.min(capabilities.bytesMax(), config.lanes().bytesMax());
            var lineBytesMax =
                    Math.min(capabilities.lineBytesMax(), config.requests().lineBytesMax());
            return new Candidate(
                    account,
                    capabilities,
                    Math.min(batchBytesMax, lineBytesMax),
                    config.money().ownTags());
        }

        Destination destination(Asked asked) {
            if (!capabilities.endpoints().contains(asked.url())) {
                return closed(new Route.Closed(
                        account,
                        Rejection.URL_UNSUPPORTED,
                        "url must be a path without a host; account %s can batch %s"
                                .formatted(
                                        account.name(), String.join(", ", new TreeSet<>(capabilities.endpoints())))));
            }
            var wishes = asked.wishes();
            var versioned = capabilities.versioned();
            var lane = new LaneId(
                    account.name(),
                    asked.url(),
                    asked.model(),
                    versioned ? chosen(wishes.apiVersion(), account.apiVersion()) : "",
                    versioned ? chosen(wishes.betas(), account.betas()) : List.of(),
                    account.completionWindow(),
                    ownTags.contains(wishes.tag()) ? wishes.tag() : "");
            var mode = wishes.mode() == null ? account.mode() : wishes.mode();
            var chosenLane = mode == Mode.SYNC ? AtOnce.of(lane) : lane;
            return bodyBytes -> {
                var lineBytes = capabilities.lineFormat().lineBytes(asked.url(), bodyBytes);
                return lineBytes > lineBytesMax
                        ? new Route.Closed(
                                account,
                                Rejection.TOO_LARGE,
                                "the request takes %d bytes as a line of a batch, at most %d are allowed"
                                        .formatted(lineBytes, lineBytesMax))
                        : new Route.Open(account.pool(), chosenLane, mode, lineBytes);
            };
        }

        private static String chosen(String wish, String usual) {
            return wish.isEmpty() ? usual : wish;
        }

        private static List<String> chosen(List<String> wish, List<String> usual) {
            return wish.isEmpty() ? usual.stream().distinct().sorted().toList() : wish;
        }
    }
}
