package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.server.Request;

/** What only a simulator tells, the billing book and the virtual time, and how it is told to misbehave. Needs no key. */
final class ControlApi {

    record Clock(String now, long epochSeconds, double speed) {}

    private final List<BatchStore<?>> stores;
    private final BillingBook book;
    private final VirtualClock clock;
    private final double speed;
    private final Faults faults;
    private final Habits.Present habits;
    private final List<Route> routes = List.of(
            Route.of("GET", "/control/clock", this::clock),
            Route.of("GET", "/control/billing", this::billing),
            Route.of("GET", "/control/billing/entries", this::billingEntries),
            Route.of("POST", "/control/faults", this::addFault),
            Route.of("GET", "/control/faults", this::listFaults),
            Route.of("DELETE", "/control/faults", this::clearFaults),
            Route.of("GET", "/control/habits", this::habits),
            Route.of("PUT", "/control/habits", this::changeHabits));

    ControlApi(
            List<BatchStore<?>> stores,
            BillingBook book,
            VirtualClock clock,
            double speed,
            Faults faults,
            Habits.Present habits) {
        this.faults = faults;
        this.habits = habits;
        this.stores = List.copyOf(stores);
        this.book = book;
        this.clock = clock;
        this.speed = speed;
    }

    Reply answer(Request request) throws IOException {
        return Route.answer(routes, request, "");
    }

    private Reply clock(Call call) {
        var now = clock.now();
        return Reply.ok(new Clock(now.toString(), now.getEpochSecond(), speed));
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

    private Reply habits(Call call) {
        return Reply.ok(habits.get());
    }

    private Reply changeHabits(Call call) throws IOException {
        habits.set(read(call, Habits.class));
        return habits(call);
    }

    private static <T> T read(Call call, Class<T> type) throws IOException {
        try {
            return Json.MAPPER.treeToValue(call.json(), type);
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
