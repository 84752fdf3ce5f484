package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What only a simulator tells, the billing book and the virtual time, and how it is told to misbehave. Needs no key. */
final class ControlApi {

    private static final long ADVANCE_SECONDS_MAX = Duration.ofDays(366).toSeconds();

    /** Without its secret. */
    record WebhookState(
            @Nullable String url,
            int attemptsMax,
            int retryMs,
            int lateMs,
            int copies,
            List<Webhooks.Delivery> deliveries) {}

    /** @param advanceSeconds virtual time to be left out */
    record Advance(long advanceSeconds) {}

    record Clock(String now, long epochSeconds, double speed) {}

    private final List<BatchStore<?>> stores;
    private final BillingBook book;
    private final ShiftedClock clock;
    private final double speed;
    private final Faults faults;
    private final LineFaults lineFaults;
    private final Present<Habits> habits;
    private final Habits firstHabits;
    private final Present<Limits> limits;
    private final Webhooks webhooks;
    private final List<Route> routes = List.of(
            Route.of("GET", "/control/clock", this::clock),
            Route.of("POST", "/control/clock", this::advanceClock),
            Route.of("GET", "/control/billing", this::billing),
            Route.of("GET", "/control/billing/entries", this::billingEntries),
            Route.of("POST", "/control/faults", this::addFault),
            Route.of("GET", "/control/faults", this::listFaults),
            Route.of("DELETE", "/control/faults", this::clearFaults),
            Route.of("POST", "/control/lines", this::addLineFault),
            Route.of("GET", "/control/lines", this::listLineFaults),
            Route.of("DELETE", "/control/lines", this::clearLineFaults),
            Route.of("GET", "/control/habits", this::habits),
            Route.of("PUT", "/control/habits", this::changeHabits),
            Route.of("DELETE", "/control/habits", this::resetHabits),
            Route.of("GET", "/control/limits", this::limits),
            Route.of("PUT", "/control/limits", this::changeLimits),
            Route.of("DELETE", "/control/limits", this::resetLimits),
            Route.of("GET", "/control/webhook", this::webhook),
            Route.of("PUT", "/control/webhook", this::setWebhook),
            Route.of("DELETE", "/control/webhook", this::removeWebhook));

    ControlApi(
            List<BatchStore<?>> stores,
            BillingBook book,
            ShiftedClock clock,
            double speed,
            Faults faults,
            LineFaults lineFaults,
            Present<Habits> habits,
            Present<Limits> limits,
            Webhooks webhooks) {
        this.firstHabits = habits.get();
        this.limits = limits;
        this.webhooks = webhooks;
        this.faults = faults;
        this.lineFaults = lineFaults;
        this.habits = habits;
        this.stores = List.copyOf(stores);
        this.book = book;
        this.clock = clock;
        this.speed = speed;
    }

    Reply answer(Call call) throws IOException {
        return Route.answer(routes, Request.getPathInContext(call.request()), call);
    }

    private Reply clock(Call call) {
        var now = clock.now();
        return Reply.ok(new Clock(now.toString(), now.getEpochSecond(), speed));
    }

    private Reply advanceClock(Call call) throws IOException {
        long seconds = read(call, Advance.class).advanceSeconds();
        if (seconds < 0 || seconds > ADVANCE_SECONDS_MAX) {
            throw RefusedException.badRequest("advance_seconds must be 0.." + ADVANCE_SECONDS_MAX);
        }
        clock.advance(Duration.ofSeconds(seconds));
        advance();
        return clock(call);
    }

    private Reply billing(Call call) throws IOException {
        advance();
        return Reply.ok(book.summary());
    }

    private Reply billingEntries(Call call) throws IOException {
        advance();
        return book.content();
    }

    private Reply addFault(Call call) throws IOException {
        faults.add(read(call, Fault.class));
        return listFaults(call);
    }

    private Reply listFaults(Call call) {
        return Reply.ok(faults.list());
    }

    private Reply clearFaults(Call call) {
        faults.clear();
        return listFaults(call);
    }

    private Reply addLineFault(Call call) throws IOException {
        lineFaults.add(read(call, LineFault.class));
        return listLineFaults(call);
    }

    private Reply listLineFaults(Call call) {
        return Reply.ok(lineFaults.list());
    }

    private Reply clearLineFaults(Call call) {
        lineFaults.clear();
        return listLineFaults(call);
    }

    private Reply habits(Call call) {
        return Reply.ok(habits.get());
    }

    private Reply changeHabits(Call call) throws IOException {
        habits.set(changed(call, habits.get(), Habits.class));
        return habits(call);
    }

    private Reply resetHabits(Call call) {
        habits.set(firstHabits);
        return habits(call);
    }

    private Reply limits(Call call) {
        return Reply.ok(limits.get());
    }

    private Reply changeLimits(Call call) throws IOException {
        limits.set(changed(call, limits.get(), Limits.class));
        return limits(call);
    }

    private Reply resetLimits(Call call) {
        limits.set(Limits.NONE);
        return limits(call);
    }

    private Reply webhook(Call call) throws IOException {
        advance();
        List<Webhooks.Delivery> deliveries = webhooks.deliveries();
        return Reply.ok(webhooks.get()
                .map(hook -> new WebhookState(
                        hook.url(), hook.attemptsMax(), hook.retryMs(), hook.lateMs(), hook.copies(), deliveries))
                .orElseGet(() -> new WebhookState(null, 0, 0, 0, 0, deliveries)));
    }

    private Reply setWebhook(Call call) throws IOException {
        webhooks.set(read(call, Webhook.class));
        return webhook(call);
    }

    private Reply removeWebhook(Call call) throws IOException {
        webhooks.set(null);
        return webhook(call);
    }

    private static <T> T read(Call call, Class<T> type) throws IOException {
        return read(call.json(), type);
    }

    /** What a call leaves out stays as it is. */
    private static <T> T changed(Call call, T present, Class<T> type) throws IOException {
        ObjectNode merged = Json.MAPPER.valueToTree(present);
        merged.setAll((ObjectNode) call.json());
        return read(merged, type);
    }

    private static <T> T read(JsonNode json, Class<T> type) {
        try {
            return Json.MAPPER.treeToValue(json, type);
        } catch (JacksonException e) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(e.getOriginalMessage(), null, null));
        }
    }

    private void advance() throws IOException {
        for (BatchStore<?> store : stores) {
            store.advance();
        }
    }
}
