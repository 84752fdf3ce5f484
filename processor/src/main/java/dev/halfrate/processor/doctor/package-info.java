/** Checks of everything that a start rests on. Nothing in here changes anything, anywhere, or costs anything. */
@NullMarked
package dev.halfrate.processor.doctor;

import org.jspecify.annotations.NullMarked;
