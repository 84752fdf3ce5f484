package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.StatusDocument;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that can be asked for. */
final class Routes {
    /** Whether this process is alive. */
    record Health(String status) {}

    /** @param reasons why it is not ready; none if it is */
    record Readiness(boolean ready, List<String> reasons) {}

    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private Routes() {}

    static List<Route> of(Views views) {
        var state = new StateAnswers(views);
        var routes = new ArrayList<Route>();
        routes.add(Route.get(
                "/healthz",
                null,
                "Whether this process is alive.",
                List.of(),
                Health.class,
                _ -> Answer.Json.ok(new Health("alive"))));
        routes.add(Route.get(
                "/readyz",
                null,
                "Whether this process does its share of the work; 503 with reasons if not.",
                List.of(),
                Readiness.class,
                _ -> {
                    var reasons = views.reasons().get();
                    return new Answer.Json(reasons.isEmpty() ? 200 : 503, new Readiness(reasons.isEmpty(), reasons));
                }));
        routes.add(Route.get(
                "/metrics",
                Role.READ,
                "Metrics of this process for Prometheus; docs/metrics.md says what they mean.",
                List.of(),
                String.class,
                _ -> new Answer.Text(200, PROMETHEUS, views.scrape().get())));
        routes.add(Route.get(
                "/api/me",
                Role.READ,
                "Who asks, and what that one may do.",
                List.of(),
                StateAnswers.Me.class,
                StateAnswers::me));
        routes.add(Route.get(
                "/api/status",
                Role.READ,
                "Where everything stands, whether it adds up, and alarms; some seconds old at most. As `halfrate status --json`.",
                List.of(),
                StatusDocument.class,
                _ -> Answer.Json.ok(views.status().status())));
        routes.add(Route.get(
                "/api/accounts",
                Role.READ,
                "The accounts as configured here, and what they have to do.",
                List.of(),
                StateAnswers.Accounts.class,
                _ -> state.accounts()));
        routes.add(Route.get(
                "/api/lanes",
                Role.READ,
                "All lanes, the busiest first.",
                List.of(),
                StateAnswers.Lanes.class,
                _ -> state.lanes()));
        routes.add(Route.get(
                "/api/batches",
                Role.READ,
                "Batches, the latest first: all that are not over, and of the others the latest of a day.",
                List.of(
                        new Route.Parameter(
                                "state",
                                "only batches in this state, such as running; open for all that have not settled"),
                        new Route.Parameter("account", "only batches of this account"),
                        new Route.Parameter("limit", "1..500 at a time, 100 if nothing is said"),
                        new Route.Parameter("after", "`next` of the page before")),
                StateAnswers.Batches.class,
                state::batches));
        routes.add(Route.get(
                "/api/batches/{id}",
                Role.READ,
                "One batch.",
                List.of(new Route.Parameter("id", "the batch's id")),
                StateAnswers.OneBatch.class,
                state::batch));
        routes.add(Route.get(
                "/api/doubts",
                Role.READ,
                "Batches of which it is unknown whether they were made, and second ones that may execute; with what to do.",
                List.of(),
                StateAnswers.Doubts.class,
                _ -> state.doubts()));
        routes.add(Route.get(
                "/api/money",
                Role.READ,
                "Budgets, and what was spent and saved. The report is that of `halfrate report --format json`.",
                List.of(
                        new Route.Parameter("by", "account, model, lane, day or tag; several with commas"),
                        new Route.Parameter("since", "only batches that settled on this day (UTC) or later"),
                        new Route.Parameter("until", "only batches that settled on this day or before")),
                StateAnswers.Money.class,
                state::money));
        routes.add(Route.get(
                "/api/requests/{custom_id}",
                Role.READ,
                "Where a request is, whichever process has it.",
                List.of(
                        new Route.Parameter("custom_id", "the request's id"),
                        new Route.Parameter("here", "true asks only the lanes of this process")),
                StateAnswers.RequestPlaces.class,
                state::request));
        routes.add(Route.get(
                "/api/audit",
                Role.READ,
                "What operators have asked for, the latest first; the last %d.".formatted(AuditTrail.WISHES_MAX),
                List.of(),
                StateAnswers.Audits.class,
                _ -> state.audits()));
        routes.addAll(actions(new Actions(views.commands())));
        var described = OpenApi.of(routes);
        routes.add(Route.get(
                OpenApi.PATH, Role.READ, "This description.", List.of(), Object.class, _ -> Answer.Json.ok(described)));
        routes.addAll(Page.routes());
        return List.copyOf(routes);
    }

    private static List<Route> actions(Actions actions) {
        return List.of(
                act(
                        "/api/lanes/pause",
                        "Seal nothing more of a lane, or of an account's lanes, until it is resumed.",
                        Actions.WhichLanes.class,
                        call -> actions.lanes(call, Commands::pause)),
                act(
                        "/api/lanes/resume",
                        "Let a paused lane or account go on.",
                        Actions.WhichLanes.class,
                        call -> actions.lanes(call, Commands::resume)),
                act(
                        "/api/lanes/flush",
                        "Seal what waits in a lane, or in an account's lanes, now.",
                        Actions.WhichLanes.class,
                        call -> actions.lanes(call, Commands::flush)),
                act(
                        "/api/batches/{id}/cancel",
                        "End all requests of a batch that have not ended as cancelled, and cancel it at the vendor.",
                        null,
                        actions::cancelBatch,
                        new Route.Parameter("id", "the batch's id")),
                act(
                        "/api/batches/{id}/resolve",
                        "Say what is to be done about a batch on hold: look, found or again.",
                        Actions.HoldResolution.class,
                        actions::resolve,
                        new Route.Parameter("id", "the batch's id")),
                act(
                        "/api/requests/{custom_id}/cancel",
                        "End a request as cancelled, wherever it is.",
                        null,
                        actions::cancelRequest,
                        new Route.Parameter("custom_id", "the request's id")));
    }

    private static Route act(
            String path,
            String summary,
            @Nullable Class<?> body,
            Route.Handler handler,
            Route.Parameter... parameters) {
        return new Route(
                "POST", path, Role.OPERATE, summary, List.of(parameters), body, Actions.Accepted.class, handler);
    }
}
