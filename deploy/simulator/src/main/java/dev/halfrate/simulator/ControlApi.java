package dev.halfrate.simulator;

import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.server.Request;

/** What only a simulator tells: the billing book and the virtual time. Needs no key. */
final class ControlApi {

    record Clock(String now, long epochSeconds, double speed) {}

    private final List<BatchStore<?>> stores;
    private final BillingBook book;
    private final VirtualClock clock;
    private final double speed;
    private final List<Route> routes = List.of(
            Route.of("GET", "/control/clock", this::clock),
            Route.of("GET", "/control/billing", this::billing),
            Route.of("GET", "/control/billing/entries", this::billingEntries));

    ControlApi(List<BatchStore<?>> stores, BillingBook book, VirtualClock clock, double speed) {
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

    private void advance() throws IOException {
        for (BatchStore<?> store : stores) {
            store.advance();
        }
    }
}
