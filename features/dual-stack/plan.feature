@cap:cli
Feature: Address plans
  Which blocks of addresses may overlap, told before anything is installed and
  when a node joins.

  @req:PLN-1
  Scenario Outline: A Service block inside <whose> is refused by plan check
    Then this plan is refused with "<block>", unlike with "172.21.0.0/20", and told "overlap":
      """
      nodes: [192.168.0.0/19]
      pods: [192.168.32.0/19]
      services: ["FLAW"]
      """

    Examples:
      | whose                | block           |
      | the nodes' block     | 192.168.1.0/24  |
      | the pods' block      | 192.168.40.0/24 |
      | a block around both  | 192.168.0.0/16  |

  @req:PLN-1 @cap:shared-eni
  Scenario: A Service block inside the pods' vSwitch is refused at start
    Given a node "n1"
    And a node "n2" that asks to join with:
      | config service_cidr | "10.0.32.0/20,fd00:21::/116" |
    Then "n2" is refused, unlike "n1", and told "overlap, 10.0.32.0/20"

  @req:PLN-2
  Scenario: Pods' blocks may be the nodes' by plan check
    Then this plan is accepted:
      """
      nodes: [192.168.0.0/19]
      pods: [192.168.0.0/19]
      services: [172.21.0.0/20]
      """

  @req:PLN-2 @cap:shared-eni
  Scenario: Pods work in the nodes' vSwitch
    Given a node "n1" with:
      | config vswitches | {"cn-hangzhou-a": ["vsw-nodes-a"]} |
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" reaches "b" over TCP with IPv4
    And "a" and its node reach each other over TCP with IPv4

  @req:PLN-3
  Scenario: An IPv6 Service block asks for dual stack, by plan check
    Then this plan is refused with "ipv4", unlike with "dual", and told "dual stack":
      """
      nodes: [192.168.0.0/19]
      pods: [192.168.32.0/19]
      services: [172.21.0.0/20, "fc00::/116"]
      ipStack: FLAW
      """

  @req:PLN-3 @cap:shared-eni
  Scenario: An IPv6 Service block asks for dual stack at start
    Given a node "n1"
    And a node "n2" that asks to join with:
      | config ip_stack | "ipv4" |
    Then "n2" is refused, unlike "n1", and told "service_cidr, dual"
