/** What an operator sees and needs: topics, metrics, health. */
@NullMarked
package dev.halfrate.processor.ops;

import org.jspecify.annotations.NullMarked;
