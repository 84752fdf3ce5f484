package dev.halfrate.simulator;

import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.server.Request;

/** What only a simulator tells: the billing book and the virtual time. Needs no key. */
final class ControlApi {

    record Clock(String now, long epochSeconds, double speed) {}

    private final BatchStore batches;
    private final BillingBook book;
    private final VirtualClock clock;
    private final double speed;
    private final List<Route> routes = List.of(
            Route.of("GET", "/control/clock", this::clock),
            Route.of("GET", "/control/billing", this::billing),
            Route.of("GET", "/control/billing/entries", this::billingEntries));

    ControlApi(BatchStore batches, BillingBook book, VirtualClock clock, double speed) {
        this.batches = batches;
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
        batches.advance();
        return Reply.ok(book.summary());
    }

    private Reply billingEntries(Call call) throws IOException {
        batches.advance();
        return book.content();
    }
}
