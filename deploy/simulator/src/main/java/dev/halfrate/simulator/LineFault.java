package dev.halfrate.simulator;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * One scripted misfortune of lines of batches.
 *
 * @param customId regular expression of the whole custom_id of the lines that it is for
 * @param status what they are answered with, 400 to 599; 0 if the model took too long to answer at all
 * @param times lines that it is for; 0 means 1
 */
record LineFault(String customId, int status, int times) {

    /** @throws RefusedException naming what is wrong with it */
    void check() {
        if (customId == null || customId.isEmpty()) {
            throw RefusedException.badRequest("custom_id is needed");
        }
        if (status != 0 && (status < 400 || status > 599)) {
            throw RefusedException.badRequest("status must be 0 or 400..599");
        }
        if (times < 0) {
            throw RefusedException.badRequest("times must be >= 0");
        }
        try {
            Pattern.compile(customId);
        } catch (PatternSyntaxException _) {
            throw RefusedException.badRequest("custom_id must be a regular expression");
        }
    }
}
