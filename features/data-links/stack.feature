@cap:shared-eni
Feature: Shared mode's traffic passes the node's stack

  @req:SHR-1
  Scenario Outline: Packets between pods of one node pass its stack, by <family>
    The node's forward hook counts them; what a pod sends to itself stays in its
    namespace and is not counted.

    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" reaches "b" with <family> through the stack of "n1", unlike itself

    Examples:
      | family |
      | IPv4   |
      | IPv6   |

  @req:SHR-1
  Scenario Outline: Packets to a pod of another node pass the stack of <which>
    Given a node "n1"
    And a node "n2"
    And a pod "a" on "n1"
    And a pod "b" on "n2"
    Then "a" reaches "b" with IPv4 through the stack of "<node>", unlike itself

    Examples:
      | which       | node |
      | the sender  | n1   |
      | the receiver | n2  |
