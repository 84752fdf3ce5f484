package dev.halfrate.processor.admin;

/** What a route says. */
sealed interface Answer {
    int status();

    /** @param body a record of the operators' */
    record Json(int status, Object body) implements Answer {
        static Json ok(Object body) {
            return new Json(200, body);
        }
    }

    record Text(int status, String type, String body) implements Answer {}

    /**
     * What a browser may keep as long as it asks whether it is still the same.
     *
     * @param tag by which it is known, in quotes
     */
    record File(String type, byte[] body, String tag) implements Answer {
        @Override
        public int status() {
            return 200;
        }
    }
}
