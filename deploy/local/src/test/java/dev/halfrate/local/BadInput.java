package dev.halfrate.local;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test that is a row of docs/bad-input.md. A case may have several rows. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface BadInput {
    /** One of {@link BadInputTable#CASES}. */
    String id();

    /** What comes. */
    String input();

    /** What happens. */
    String outcome();
}
