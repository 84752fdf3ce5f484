package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/** Whether an account's key is good, by a list of one batch: it costs nothing, and shows whose the key is and what time it is. */
final class AccountCheck {
    private static final Set<Integer> NO_SUCH_CALL = Set.of(404, 405, 501);

    /** How far vendors' clocks are ahead of this machine's, by account. */
    private final Map<String, Skew> skews = new ConcurrentSkipListMap<>();

    private final Doctor.Vendors vendors;

    AccountCheck(Doctor.Vendors vendors) {
        this.vendors = vendors;
    }

    /** @param local whether the vendor is a program on this very machine, such as a simulator */
    record Skew(Duration ahead, boolean local) {}

    Map<String, Skew> skews() {
        return skews;
    }

    Verdict look(AccountConfig account, String organization) {
        try (var provider = vendors.of(account, organization)) {
            var before = Instant.now();
            var outcome = provider.access();
            var date = outcome.date();
            if (date != null) {
                var between =
                        before.plus(Duration.between(before, Instant.now()).dividedBy(2));
                skews.put(account.name(), new Skew(Duration.between(between, date), account.isLocal()));
            }
            return judge(account, organization, outcome);
        } catch (ConfigException e) {
            return Verdict.fail(String.valueOf(e.getMessage()), "correct it in the configuration");
        }
    }

    /** @param organization whose it is known to be, empty if that is not known */
    static Verdict judge(AccountConfig account, String organization, AccessOutcome outcome) {
        var server = account.server();
        return switch (outcome) {
            case AccessOutcome.Granted(var seen, var _) ->
                Verdict.ok("%s takes the key%s%s"
                        .formatted(
                                server,
                                seen.isEmpty() ? "" : " of " + seen,
                                seen.isEmpty() || organization.isEmpty() ? "" : ", as was noted"));
            case AccessOutcome.Refused(var refusal, var _) -> refused(server, organization, refusal);
            case AccessOutcome.Odd(var status, var _) ->
                NO_SUCH_CALL.contains(status)
                        ? Verdict.warn(
                                "%s has no list of batches (HTTP %d), so nothing shows whether the key is good"
                                        .formatted(server, status),
                                "look at accounts.base-url, which ends with the API's version, such as /v1; a gateway may have no list")
                        : Verdict.fail(
                                "%s answers with HTTP %d, which says nothing of the key".formatted(server, status),
                                "look at accounts.base-url, and for a proxy or gateway on the way that answers instead of the vendor");
            case AccessOutcome.NoAnswer(var reason) ->
                Verdict.fail("%s: %s".formatted(server, reason), unreachable(reason));
        };
    }

    private static Verdict refused(String server, String organization, Refusal refusal) {
        var found = "%s: %s".formatted(server, refusal.message());
        return switch (refusal.kind()) {
            case KEY ->
                refusal.code().equals("other_organization")
                        ? Verdict.fail(
                                "%s takes the key, but it is of another organization, project or workspace than was noted (%s)"
                                        .formatted(server, organization),
                                "configure a key of the same, or give the other an account of its own in accounts; if the vendor has only renamed it: run --accept changed-organization")
                        : Verdict.fail(
                                "%s refuses the key (%s)".formatted(server, refusal.message()),
                                "configure a key that is good and may use batches: accounts.key; one from a file is taken up without a restart");
            case CREDIT -> Verdict.fail(found, "pay, or raise the limit in the vendor's console");
            case RATE, QUEUE_FULL ->
                Verdict.warn(
                        found,
                        "too many calls just now; try again, and lower accounts.requests-in-flight-max if it stays so");
            case UNAVAILABLE ->
                refusal.httpStatus() == 0
                        ? Verdict.fail(found, unreachable(refusal.message()))
                        : Verdict.warn(
                                found, "the vendor is overloaded or down: look at its status page, and try again");
            case NOT_FOUND ->
                Verdict.fail(
                        found,
                        "look at accounts.base-url, which ends with the API's version, such as /v1, and at accounts.http.query");
            case BAD_REQUEST, TOO_LARGE ->
                Verdict.fail(found, "look at accounts.base-url, accounts.api-version and accounts.http");
        };
    }

    private static String unreachable(String reason) {
        if (reason.contains("host name")) {
            return "look at how the host in accounts.base-url is spelt, and whether this machine can resolve it (DNS)";
        }
        if (reason.contains("TLS")) {
            return "the certificate is not trusted here, or the port speaks no TLS: look for a proxy that opens TLS, and at the trust store of this Java";
        }
        return "look at host and port in accounts.base-url, at firewalls, and at the rules for what may go out of this machine; Halfrate uses no proxy";
    }
}
