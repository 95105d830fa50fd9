/** The rules of `OperatorSeats.sol` once more, on plain numbers and with any number of seats. */

const basisPoints = 10_000;
const challengeMargin = 1_000;

/** An operator's standing, as in the contract; zero is nobody. */
interface Standing {
  stake: number;
  leftDuring: number;
  seat: number;
  countsFrom: number;
  rival: number;
}

/** The least stake that is a margin above `stake`. */
export function neededAbove(stake: number): number {
  return Math.ceil((stake * (basisPoints + challengeMargin)) / basisPoints);
}

/** Operators are numbers from 1 on. A call that the contract would refuse gives false and changes nothing. */
export class SeatModel {
  readonly seats: number;
  readonly minimum: number;
  /** The epoch that runs; 0 before the first. */
  epoch = 0;
  #seated: number[] = [];
  readonly #standings = new Map<number, Standing>();

  constructor(seats: number, minimum: number) {
    this.seats = seats;
    this.minimum = minimum;
  }

  /** What is at stake for an operator; 0 where nobody has staked for it. */
  stakeOf(operator: number): number {
    return this.#standings.get(operator)?.stake ?? 0;
  }

  isSeated(operator: number): boolean {
    return (this.#standings.get(operator)?.seat ?? 0) > 0;
  }

  /** Who challenges for the operator's seat, or whose seat it challenges for; 0 for nobody. */
  rivalOf(operator: number): number {
    return this.#standings.get(operator)?.rival ?? 0;
  }

  /** The lowest bid among all seats; undefined while one is free. */
  get lowestBid(): number | undefined {
    return this.#seated.length < this.seats ? undefined : this.#bid(this.#lowest());
  }

  join(operator: number, stake: number): boolean {
    if (this.#standings.has(operator) || !this.#mayTake(stake)) return false;
    this.#standings.set(operator, { stake, leftDuring: 0, seat: 0, countsFrom: 0, rival: 0 });
    this.#takeSeat(operator);
    return true;
  }

  rejoin(operator: number, amount: number): boolean {
    const standing = this.#standings.get(operator);
    if (standing === undefined || standing.seat > 0 || standing.rival > 0) return false;
    if (!this.#mayTake(standing.stake + amount)) return false;
    standing.stake += amount;
    this.#takeSeat(operator);
    return true;
  }

  addStake(operator: number, amount: number): boolean {
    const standing = this.#standings.get(operator);
    if (standing === undefined || standing.seat === 0) return false;
    standing.stake += amount;
    if (standing.rival > 0 && this.stakeOf(standing.rival) < neededAbove(standing.stake)) {
      this.#endChallenge(standing.rival);
    }
    return true;
  }

  resign(operator: number): boolean {
    const standing = this.#standings.get(operator);
    if (standing === undefined || (standing.seat === 0 && standing.rival === 0)) return false;
    if (standing.seat === 0) this.#endChallenge(operator);
    else if (standing.rival > 0) this.#handOver(operator, this.epoch);
    else this.#free(operator);
    return true;
  }

  /** Takes an operator's stake out, as `withdraw` does once it is unbound; when that is, the model leaves open. */
  withdraw(operator: number): number {
    const stake = this.stakeOf(operator);
    if (this.isSeated(operator) || this.rivalOf(operator) > 0) return 0;
    this.#standings.delete(operator);
    return stake;
  }

  /** Takes a share of a stake, in basis points. */
  slash(operator: number, share: number): boolean {
    const standing = this.#standings.get(operator);
    if (standing === undefined) return false;
    standing.stake -= Math.floor((standing.stake * share) / basisPoints);
    return true;
  }

  /** Starts the next epoch and gives its weights; undefined where nobody has any, and nothing changes then. */
  startEpoch(): Map<number, number> | undefined {
    if (!this.#seated.some((one) => this.stakeOf(one) >= this.minimum)) return undefined;
    this.epoch += 1;
    for (const holder of this.#seated) this.#settle(holder);
    const enough = this.#seated.filter((one) => this.stakeOf(one) >= this.minimum);
    const counting = enough.filter((one) => this.#of(one).countsFrom <= this.epoch);
    return new Map((counting.length > 0 ? counting : enough).map((one) => [one, this.stakeOf(one)]));
  }

  #of(operator: number): Standing {
    const standing = this.#standings.get(operator);
    if (standing === undefined) throw new Error(`no standing: operator ${operator}`);
    return standing;
  }

  #bid(holder: number): number {
    return this.stakeOf(this.rivalOf(holder) || holder);
  }

  #lowest(): number {
    return this.#seated.reduce((lowest, one) => (this.#bid(one) < this.#bid(lowest) ? one : lowest));
  }

  #mayTake(stake: number): boolean {
    const lowest = this.lowestBid;
    return stake >= this.minimum && (lowest === undefined || stake >= neededAbove(lowest));
  }

  #takeSeat(operator: number): void {
    const standing = this.#of(operator);
    standing.countsFrom = this.epoch === 0 ? 0 : this.epoch + 2;
    if (this.#seated.length < this.seats) {
      standing.seat = this.#seated.push(operator);
      return;
    }
    const lowest = this.#lowest();
    const outbid = this.rivalOf(lowest);
    if (outbid > 0) this.#endChallenge(outbid);
    this.#of(lowest).rival = operator;
    standing.rival = lowest;
  }

  #settle(holder: number): void {
    const rival = this.rivalOf(holder);
    if (rival === 0 || this.#of(rival).countsFrom > this.epoch) return;
    if (this.stakeOf(rival) < neededAbove(this.stakeOf(holder))) this.#endChallenge(rival);
    else this.#handOver(holder, this.epoch - 1);
  }

  #endChallenge(challenger: number): void {
    const standing = this.#of(challenger);
    this.#of(standing.rival).rival = 0;
    standing.rival = 0;
  }

  #handOver(holder: number, last: number): void {
    const lost = this.#of(holder);
    const taken = this.#of(lost.rival);
    this.#seated[lost.seat - 1] = lost.rival;
    taken.seat = lost.seat;
    taken.rival = 0;
    lost.rival = 0;
    this.#unseat(lost, last);
  }

  #free(operator: number): void {
    const standing = this.#of(operator);
    const last = this.#seated.at(-1) ?? operator;
    this.#seated[standing.seat - 1] = last;
    this.#of(last).seat = standing.seat;
    this.#seated.pop();
    this.#unseat(standing, this.epoch);
  }

  #unseat(standing: Standing, last: number): void {
    standing.seat = 0;
    if (standing.countsFrom <= last) standing.leftDuring = last;
  }
}
