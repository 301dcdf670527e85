/* The dual simplex. A basis stays optimal for its duals, and forces below zero leave it one by one.

   No column is laid out. What supports, presses and imbalances would earn follows from the motion that the duals
   are, and so does the best set of pulls of each brick: its worth is that of the points that open by more than a pull
   costs, which along the way of a step is a concave function, so the step at which the best set begins to pay is
   found by a few of Newton's steps from beyond. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-9
#define ENTRY 1e-8
#define DUST 1e-13

/* Pivots after which what forces earn is found from the duals anew. */
enum { AFRESH = 64 };

typedef struct {
    Column column;
    double reduced, alpha;
} Candidate;

/* The ratio test of one step: which column reaches its cost first. Harris' way: `limit` is the first step at which one
   has passed it by a tolerance, and of those that reach it before, the one with the largest entry is taken. */
typedef struct {
    const Model *model;
    Plane *now, *step; /* of the pairs: what a unit support earns, and how fast that falls along the step */
    double *reduced, *alpha; /* of supports by eights, then presses, then three imbalances a brick */
    int *active, actives; /* pairs that move */
    uint8_t *moves; /* (n) whether one below the brick does */
    double limit;
    int imbalances; /* whether any of them may reach its cost */
    Candidate *set;
    int sets, plain;
} Search;

static double first_pass(double reduced, double alpha, double limit) {
    if (alpha < -ENTRY && reduced + TOLERANCE + limit * alpha < 0.0)
        return (reduced > -TOLERANCE ? reduced + TOLERANCE : 0.0) / -alpha;
    return limit;
}

FAST static void look_at_supports(Search *search) {
    const Model *model = search->model;
    double limit = search->limit;
    search->actives = 0;
    memset(search->moves, 0, (size_t)model->n);
    for (int p = 0; p < model->pairs; p++) {
        Plane step = search->step[p], now = search->now[p];
        if (step.at == 0.0 && step.x == 0.0 && step.y == 0.0)
            continue;
        search->active[search->actives++] = p;
        search->moves[model->pair[p].upper] = 1;
        const Wide *x = (const Wide *)(model->corner_x + 8 * p), *y = (const Wide *)(model->corner_y + 8 * p);
        Wide *alpha = (Wide *)(search->alpha + 8 * p), *reduced = (Wide *)(search->reduced + 8 * p);
        Mask late = {0};
        for (int h = 0; h < 2; h++) {
            Wide entry = step.at + step.x * x[h] + step.y * y[h], left = -now.at - now.x * x[h] - now.y * y[h];
            entry = (Wide)((Mask)entry & (entry < -ENTRY));
            alpha[h] = entry;
            reduced[h] = left;
            late |= left + TOLERANCE + limit * entry < 0.0;
        }
        if (any(&late))
            for (int c = 8 * p; c < 8 * p + 8; c++)
                limit = first_pass(search->reduced[c], search->alpha[c], limit);
    }
    search->limit = limit;
}

static void look_at_presses(Search *search, const double *y, const double *rho) {
    const Model *model = search->model;
    double *alpha = search->alpha + 8 * model->pairs, *reduced = search->reduced + 8 * model->pairs;
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        alpha[s] = (press.more < 0 ? 0.0 : rho[press.more]) - (press.less < 0 ? 0.0 : rho[press.less]);
        reduced[s] = (press.less < 0 ? 0.0 : y[press.less]) - (press.more < 0 ? 0.0 : y[press.more]);
        search->limit = first_pass(reduced[s], alpha[s], search->limit);
    }
}

static double larger(double most, double value) { return fabs(value) > most ? fabs(value) : most; }

/* Whether an imbalance may reach its cost within the limit: they are dear, so that this is seldom so. */
static int imbalance_may_pay(const Search *search, const double *y, const double *rho) {
    const Model *model = search->model;
    const Plane *now = search->now + model->pairs, *step = search->step + model->pairs;
    double rises = 0.0, risen = 0.0, turns = 0.0, turned = 0.0;
    for (int i = 0; i < model->n; i++) {
        turns = larger(larger(turns, step[i].x), step[i].y);
        turned = larger(larger(turned, now[i].x), now[i].y);
        if (model->vertical[i] >= 0) {
            rises = larger(rises, rho[model->vertical[i]]);
            risen = larger(risen, y[model->vertical[i]]);
        }
    }
    return !(risen + search->limit * rises < COST_FORCE && turned + search->limit * turns < COST_TORQUE);
}

/* Up or down, forward or back: only one of two can pay along a step. */
static void look_at_imbalances(Search *search, const double *y, const double *rho) {
    const Model *model = search->model;
    const Plane *now = search->now + model->pairs, *step = search->step + model->pairs;
    int at = 8 * model->pairs + model->presses;
    search->imbalances = imbalance_may_pay(search, y, rho);
    if (!search->imbalances)
        return;
    for (int i = 0; i < model->n; i++) {
        double *alpha = search->alpha + at + 3 * i, *reduced = search->reduced + at + 3 * i;
        if (!model->standing[i]) {
            alpha[0] = alpha[1] = alpha[2] = 0.0;
            continue;
        }
        double dear = search->plain ? 1.0 : model->dear[i], force = dear * COST_FORCE, torque = dear * COST_TORQUE;
        double entry[3] = {rho[model->vertical[i]], step[i].x, step[i].y};
        double worth[3] = {y[model->vertical[i]], now[i].x, now[i].y};
        for (int k = 0; k < 3; k++) {
            alpha[k] = -fabs(entry[k]);
            reduced[k] = (k ? torque : force) + (entry[k] > 0.0 ? worth[k] : -worth[k]);
            search->limit = first_pass(reduced[k], alpha[k], search->limit);
        }
    }
}

/* The largest entry among columns that reach their cost within the limit; -1 for none. */
FAST static int largest(const Search *search, double *most) {
    const Model *model = search->model;
    double limit = search->limit, best = *most;
    int found = -1, end = 8 * model->pairs + model->presses + (search->imbalances ? 3 * model->n : 0);
    for (int k = 0; k < search->actives; k++) {
        int at = 8 * search->active[k];
        const Wide *alpha = (const Wide *)(search->alpha + at), *reduced = (const Wide *)(search->reduced + at);
        Mask some = {0};
        for (int h = 0; h < 2; h++)
            some |= (alpha[h] < best) & (reduced[h] + limit * alpha[h] <= 0.0);
        if (any(&some))
            for (int c = at; c < at + 8; c++)
                if (search->alpha[c] < best && search->reduced[c] + limit * search->alpha[c] <= 0.0)
                    best = search->alpha[c], found = c;
    }
    for (int j = 8 * model->pairs; j < end; j++)
        if (search->alpha[j] < best && search->reduced[j] + limit * search->alpha[j] <= 0.0)
            best = search->alpha[j], found = j;
    *most = best;
    return found;
}

/* Whether a brick's best set of pulls may pay at the end of a step: looks at corners alone. */
FAST static int may_pay(const Search *search, int brick, double limit, double cost, double each) {
    const Model *model = search->model;
    double most = 0.0;
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++) {
        Plane step = search->step[p], now = search->now[p];
        double at = limit * step.at - now.at, x = limit * step.x - now.x, y = limit * step.y - now.y, over = each;
        const Wide *cx = (const Wide *)(model->corner_x + 8 * p), *cy = (const Wide *)(model->corner_y + 8 * p);
        Wide one = at + x * cx[0] + y * cy[0], two = at + x * cx[1] + y * cy[1];
        Mask more = two > one;
        one = (Wide)(((Mask)two & more) | ((Mask)one & ~more));
        for (int c = 0; c < 4; c++)
            over = one[c] > over ? one[c] : over;
        most += (over - each) * model->pair[p].points;
    }
    return most > cost;
}

static void look_at_sets(Search *search, int brick) {
    const Model *model = search->model;
    double dear = search->plain ? 1.0 : model->dear[brick], whole = COST_SET * dear, each = COST_PULL * dear;
    int first = model->first[brick], end = model->first[brick + 1];
    if (!search->moves[brick] || !may_pay(search, brick, search->limit, whole, each))
        return;
    double limit = search->limit, alpha = 0.0;
    uint64_t mask = 0;
    for (int round = 0; round < 60; round++) {
        uint64_t chosen = 0;
        double left = whole, slope = 0.0;
        for (int p = first; p < end; p++) {
            const Pair *pair = &model->pair[p];
            Plane step = search->step[p], now = search->now[p];
            double at = limit * step.at - now.at, x = limit * step.x - now.x, y = limit * step.y - now.y;
            for (int q = pair->point; q < pair->point + pair->points; q++) {
                double over = at + x * model->point_x[q] + y * model->point_y[q] - each;
                if (over <= 0.0)
                    continue;
                left -= over;
                slope -= at_place(step, model->point_x[q], model->point_y[q]);
                chosen |= (uint64_t)1 << model->bit[q];
            }
        }
        if (round == 0 && left >= -TOLERANCE)
            return; /* concave and not negative at both ends */
        if (left >= -TOLERANCE || chosen == mask || slope >= -ENTRY)
            break; /* the last set's own zero: no other pays there */
        mask = chosen;
        alpha = slope;
        double next = limit - left / alpha;
        if (next <= 0.0) {
            limit = 0.0;
            break;
        }
        limit = next;
    }
    if (alpha < -ENTRY) {
        search->set[search->sets++] = (Candidate){{SET, brick, mask}, -limit * alpha, alpha};
        search->limit = first_pass(-limit * alpha, alpha, search->limit);
    }
}

/* The position to leave: furthest below zero by its measure; -1 for none. A slack must be zero. */
FAST static int leaving(const Simplex *simplex) {
    int best = -1, m = simplex->m;
    double *restrict far = simplex->spare, most = 0.0;
    const double *x = simplex->x, *measure = simplex->measure;
    for (int p = 0; p < m; p++)
        far[p] = x[p] < -FEASIBLE ? x[p] * x[p] / measure[p] : 0.0;
    for (int p = 0; p < m; p++)
        if (far[p] > most)
            most = far[p], best = p;
    for (int k = 0; k < simplex->slacks; k++) {
        int p = simplex->some[k];
        if (simplex->basic[p].kind == SLACK && x[p] > FEASIBLE && x[p] * x[p] / measure[p] > most)
            most = x[p] * x[p] / measure[p], best = p;
    }
    return best;
}

/* Duals move along the step, and with them what forces earn. */
FAST static void move(Plane *now, const Plane *step, double along, int count) {
    double *restrict to = &now->at;
    const double *from = &step->at;
    for (int k = 0; k < 3 * count; k++)
        to[k] += along * from[k];
}

static int new_search(Search *search, const Simplex *simplex) {
    const Model *model = simplex->model;
    size_t all = sizeof(Plane) * (size_t)(model->pairs + model->n + 1);
    size_t line = sizeof(double) * (size_t)(8 * model->pairs + model->presses + 3 * model->n);
    *search = (Search){.model = model, .plain = simplex->plain};
    search->now = take(all);
    search->step = take(all);
    search->reduced = take(line);
    search->alpha = take(line);
    search->active = take(sizeof(int) * (size_t)model->pairs);
    search->moves = take((size_t)model->n);
    search->set = take(sizeof(Candidate) * (size_t)model->n);
    return search->now && search->step && search->reduced && search->alpha && search->active && search->moves &&
           search->set;
}

/* The column that enters along a step whose rows are rho; its entry is 0 where there is none. */
static Candidate entering(Search *search, const double *y, const double *rho) {
    const Model *model = search->model;
    planes(model, rho, search->step);
    search->limit = ENDLESS;
    search->sets = 0;
    look_at_supports(search);
    look_at_presses(search, y, rho);
    look_at_imbalances(search, y, rho);
    for (int i = 0; i < model->n; i++)
        look_at_sets(search, i);
    Candidate best = {{SLACK, 0, 0}, 0.0, 0.0};
    int found = largest(search, &best.alpha), press = found - 8 * model->pairs, other = press - model->presses;
    if (found >= 0) {
        best.reduced = search->reduced[found];
        best.column = (Column){SUPPORT, found, 0};
        if (other >= 0) {
            int i = other / 3, k = other % 3;
            const Plane *step = search->step + model->pairs + i;
            double entry = k == 0 ? rho[model->vertical[i]] : k == 1 ? step->x : step->y;
            best.column = (Column){RESIDUAL, 6 * i + 2 * k + (entry > 0.0), 0};
        } else if (press >= 0)
            best.column = (Column){PRESS, press, 0};
    }
    for (int k = 0; k < search->sets; k++)
        if (search->set[k].alpha < best.alpha && search->set[k].reduced + search->limit * search->set[k].alpha <= 0.0)
            best = search->set[k];
    return best;
}

static void find_slacks(Simplex *simplex) {
    simplex->slacks = 0;
    for (int p = 0; p < simplex->m; p++)
        if (simplex->basic[p].kind == SLACK)
            simplex->some[simplex->slacks++] = p;
}

FAST int climb_dual(Simplex *simplex) {
    const Model *model = simplex->model;
    int m = simplex->m, limit = simplex->pivots + simplex->most;
    Search search;
    if (!new_search(&search, simplex))
        return NO_MEMORY;
    find_slacks(simplex);
    planes(model, simplex->y, search.now);
    while (simplex->pivots < limit) {
        if (full(simplex)) {
            if (!begin_again(simplex))
                return NOT_FOUND;
            find_slacks(simplex);
            planes(model, simplex->y, search.now);
        }
        int position = leaving(simplex);
        if (position < 0)
            return OPTIMAL;
        double sign = simplex->x[position] < 0.0 ? 1.0 : -1.0;
        line_of(simplex, position, simplex->rho);
        for (int i = 0; i < m; i++)
            simplex->rho[i] = fabs(simplex->rho[i]) > DUST ? sign * simplex->rho[i] : 0.0;
        if (simplex->pivots % AFRESH == 0)
            planes(model, simplex->y, search.now);
        Candidate enters = entering(&search, simplex->y, simplex->rho);
        if (enters.alpha >= 0.0)
            return NOT_FOUND;
        image(simplex, enters.column, simplex->alpha);
        double pivot = simplex->alpha[position];
        if (!(fabs(sign * pivot - enters.alpha) <= 1e-7 * (1.0 + fabs(enters.alpha)) && sign * pivot < -ENTRY / 2)) {
            /* Rounding has spoilt the inverse. */
            if (!mend(simplex))
                return NOT_FOUND;
            find_slacks(simplex);
            planes(model, simplex->y, search.now);
            continue;
        }
        /* The step at which it earns its cost to the last digit, so that errors do not add up. */
        double reduced = column_cost(model, enters.column, simplex->plain) - worth_of(model, enters.column, simplex->y);
        double along = reduced / (sign * pivot), by = simplex->x[position] / pivot;
        for (int p = 0; p < m; p++)
            simplex->x[p] -= by * simplex->alpha[p];
        simplex->x[position] = by;
        for (int i = 0; i < m; i++) {
            simplex->y[i] += along * simplex->rho[i];
            simplex->rho[i] *= sign;
        }
        move(search.now, search.step, along, model->pairs + model->n);
        if (!exchange(simplex, position, enters.column))
            return NO_MEMORY;
        if (simplex->work > simplex->patience)
            return SLOW;
    }
    return NOT_FOUND;
}
